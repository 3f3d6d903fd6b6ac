# the list
alerts-title = Alerts
alerts-lead = What is unusual in the signals: what, since when, compared to what, how sure, and what to do.
alerts-search = Goods or number
alerts-what = About
alerts-scope = Kind of subject
alerts-key = Number
alerts-merchant = Merchant
alerts-category = Category
alerts-market = Market
alerts-family = Trouble
alerts-state = State
alerts-level = Strength
alerts-action = Proposed
alerts-ending = Outcome
alerts-reason = Reason
alerts-ratio = Times the expected
alerts-since = Since
alerts-last = Last
alerts-first = First
alerts-times = Days
alerts-raised = Raised
alerts-detectors = Detectors
alerts-suppressions = Suppressions
alerts-digests = Digests
alerts-saved-open = Waiting
alerts-saved-strong = To act on
alerts-none = No alerts
alerts-none-help = Nothing in the signals leaves what is usual. All goods are looked at when a day is closed.
alerts-no-listing = (no listing yet)

# families
alerts-family-quality = Quality
alerts-family-sales = Made-up sales
alerts-family-reviews = Made-up reviews
alerts-family-price = Price
alerts-family-codes = Codes

# measures
alerts-measure-complaints = Complaints
alerts-measure-returns = Returns
alerts-measure-bad-reviews = Bad reviews

# methods
alerts-method-margin = Against its cohort, trailing weeks
alerts-method-e-detector = Change detection valid at any time
alerts-method-launch = Since its launch
alerts-method-proportion = Cumulated drift of a share
alerts-method-funnel = Funnel of merchants
alerts-method-totals = Total of a category
alerts-method-batch = Against the other lots
alerts-method-burst = Burst made by few buyers
alerts-method-brushing = Signs of brushing
alerts-method-reviews = Signs of review manipulation
alerts-method-price = Price jump
alerts-method-clone = Copied codes

# scopes
alerts-scope-product = Product
alerts-scope-lot = Lot
alerts-scope-merchant = Merchant
alerts-scope-category = Category

# levels
alerts-level-watch = Watch
alerts-level-enforcement = Enforcement

# states
alerts-state-standing = Not over
alerts-state-open = Open
alerts-state-acknowledged = Acknowledged
alerts-state-in-action = In action
alerts-state-closed = Closed

# actions
alerts-action-look = Look
alerts-action-inspect = Inspect
alerts-action-stop-sale = Stop sale

# endings and reasons
alerts-ending-true = True
alerts-ending-false = False
alerts-ending-unclear = Unclear
alerts-ending-hint-true = The goods, sales or reviews were wrong; a stopped sale stays stopped until somebody restores it
alerts-ending-hint-false = They were in order; a stopped sale is free again, and detectors learn from it
alerts-ending-hint-unclear = Nobody could tell; a stopped sale is free again
alerts-reason-test-failed = A test failed
alerts-reason-test-passed = A test passed
alerts-reason-confirmed = Admitted or proved
alerts-reason-batch-withdrawn = The batch was withdrawn
alerts-reason-ordinary-event = A promotion, a season or the like
alerts-reason-wrong-signals = The signals were wrong
alerts-reason-not-enough = Too little to tell
alerts-reason-other = Something else (say what)

# one alert
alerts-facts = Facts
alerts-neighbours = Neighbours
alerts-earlier = Others about these goods
alerts-timeline = What was done
alerts-handler = Handled by
alerts-warning = From
alerts-warning-open = Warning about a copied code
alerts-signals = The signals behind it
alerts-signals-help = Run this in the SQL console.
alerts-contributions = Contributions
alerts-figure = Figure
alerts-value = Value
alerts-limit = Threshold
alerts-against = Beyond
alerts-by-policy = By the policy { $policy }
alerts-policy-open = See the detector
alerts-band = { $share } of the cohort
alerts-curve = The curve against its cohort
alerts-curve-share = Rate over seven days
alerts-curve-count = Count
alerts-curve-minor = Price
alerts-day = Day
alerts-crossed = Crossed
alerts-began = Began
alerts-says-margin = { $observed } seen where the cohort would have { $expected }: { $ratio } times as many, since { $since }.
alerts-says-e-detector = { $observed } seen where the cohort would have { $expected }: { $ratio } times as many; the change most likely began on { $since }.
alerts-says-launch = { $observed } since its launch where { $expected } were expected: { $ratio } times as many; it crossed on { $since }.
alerts-says-proportion = { $observed } where { $expected } were expected; it has been adding up since { $since }.
alerts-says-funnel = The merchant has { $observed } where its size would have { $expected }: { $ratio } times as many.
alerts-says-totals = The category has { $observed } where { $expected } are usual; high since { $since }.
alerts-says-batch = This lot has { $observed } where the other lots would give { $expected }: { $ratio } times as many.
alerts-says-burst = { $observed } units on one day where about { $expected } are usual, and very few orders or buyers made most of them.
alerts-says-brushing = { $observed } orders lately where about { $expected } are usual, with several signs of brushing.
alerts-says-reviews = { $observed } reviews lately where about { $expected } are usual, with several signs of manipulation.
alerts-says-price = The price is { $observed } where its own course leads to { $expected }.
alerts-says-clone = Codes of this lot appear in several places.
alerts-promise-false-discovery = Of all alerts of this kind ever raised at most { $rate } are expected to be false. Statistic { $statistic }, needed { $threshold }.
alerts-promise-per-key = Goods that are in order alarm with at most { $rate } over the whole watch. Statistic { $statistic }, needed { $threshold }.
alerts-promise-per-day = What is in order alarms on one day with about { $rate }. Statistic { $statistic }, needed { $threshold }.
alerts-promise-rule = A rule over several signs; no error probability is claimed. Statistic { $statistic }, needed { $threshold }.

# deciding
alerts-decision = Decision
alerts-decision-others = You can read this; others decide.
alerts-proposed = Proposed:
alerts-acknowledge = Take it
alerts-inspect = Request inspection
alerts-stop = Stop sale
alerts-stop-help = The goods leave the shelf at once until the alert is closed; the merchant sees why.
alerts-close = Close
alerts-suppress = Suppress
alerts-suppress-help = Until then no alerts of this kind about it; this one is closed as unclear. It ends by itself.
alerts-suppress-until = Suppress until as well
alerts-suppress-end = End now
alerts-suppressed-until = Suppressed until
alerts-until = Until
alerts-from = From
alerts-through = Through
alerts-note = Note
alerts-inspection-at = Inspection requested
alerts-stopped-at = Sale stopped
alerts-done-acknowledged = Taken.
alerts-done-inspection = Inspection requested.
alerts-done-stopped = The sale is stopped.
alerts-done-closed = The alert is closed.
alerts-done-suppressed = Suppressed.
alerts-done-suppression-ended = The suppression is ended.
alerts-done-backtest = The trial has begun; its result appears here.

# acts
alerts-act-alert-raised = Alert raised
alerts-act-alert-strengthened = Alert strengthened
alerts-act-alert-acknowledged = Alert taken
alerts-act-alert-inspection-requested = Inspection requested
alerts-act-alert-sale-stopped = Sale stopped
alerts-act-alert-closed = Alert closed

# suppressions and digests
alerts-suppressions-lead = Until they end, nothing is raised about these; they end by themselves.
alerts-suppressions-none = No suppressions
alerts-suppressions-none-help = Alerts of a kind can be suppressed on an alert's page.
alerts-kept-away = Kept away
alerts-digests-lead = One a day: what was raised, closed and still stands. Webhooks carry it as an act.
alerts-digest-newest = The newest
alerts-digests-none = No digest yet
alerts-digests-none-help = The first is written after today.
alerts-raised-count = Raised
alerts-standing-count = Standing

# detectors
alerts-detector = Detector
alerts-detectors-lead = A detector is a row of the policy pack: method, thresholds, error rate, cohort, what is proposed and how far it is rolled out. In shadow it is only noted.
alerts-detectors-none = No detectors
alerts-policy-edit = Edit policies
alerts-method = Method
alerts-measure = Counts
alerts-mode = Mode
alerts-mode-off = Off
alerts-mode-shadow = Shadow
alerts-mode-percentage = { $share } % of keys
alerts-mode-on = On
alerts-error-rate = Error rate
alerts-minutes = Minutes per alert
alerts-shadow-alerts = Shadow alerts, { $days } days
alerts-shadow-cost = Cost of handling
alerts-shadow-sum = If it were on: { $alerts } more alerts, { $minutes } minutes, { $cost } over the last 30 days.
alerts-sweeps = Latest sweeps
alerts-sweep = Sweep
alerts-sweeps-none = No sweep yet
alerts-sweeps-none-help = The first follows the first closed day of signals.
alerts-at = At
alerts-keys = Keys looked at
alerts-candidates = Candidates
alerts-found = Found
alerts-repeated = Said again
alerts-left-out = Left out
alerts-shadows = Shadow alerts
alerts-shadows-none = No shadow alerts
alerts-shadows-none-help = What a detector in shadow, or not rolled out to a key, would have said is noted here.
alerts-statistic = Statistic

# backtest
alerts-backtest = Backtest
alerts-backtest-help = Change thresholds or roll-out and replay history day by day: how many alerts, how much work, how it agrees with closed alerts. Nothing is raised.
alerts-backtest-run = Run it
alerts-rollout = Roll-out, percent
alerts-share-of-keys = Share of keys tried
alerts-trial-waiting = Waiting to run
alerts-trial-failed = Failed
alerts-trial-alerts = Alerts
alerts-trial-new = Never raised before
alerts-trial-not-rolled = Not rolled out to
alerts-trial-minutes = Work, minutes
alerts-agreement-true-found = True and found
alerts-agreement-true-missed = True and missed
alerts-agreement-false-found = False and still raised
alerts-agreement-false-avoided = False and avoided
alerts-agreement-unclear-found = Unclear and found
alerts-agreement-standing-found = Standing and found
alerts-agreement-standing-missed = Standing and missed

# merchants
alerts-merchant-title = Alerts about my goods
alerts-merchant-lead = What is being done about your goods: why, the curve, and what you can do.
alerts-merchant-none = Nothing is being done
alerts-merchant-none-help = If something is, this page says why and what helps.
alerts-merchant-stopped = The sale is stopped
alerts-merchant-stopped-help = It is free again once the alert is closed; see below what helps.
alerts-merchant-fix = What you can do:

# what was wrong with an input
alerts-note-needed = Say why
alerts-note-long = At most { $most } characters
alerts-reason-other-ending = This reason does not belong to the chosen outcome
alerts-reason-needed = Choose a reason
alerts-ending-needed = Choose an outcome: true, false or unclear
alerts-until-past = The date must lie after today
alerts-until-far = At most { $most } days
alerts-date = Write a date such as 2026-03-02
alerts-number = Write a number
alerts-percent = A whole number from 0 to 100
alerts-days-reversed = The last day must not lie before the first
alerts-days-many = At most { $most } days
alerts-not-triable = This kind of detector cannot be tried on daily history
alerts-detector-refused = { $en }
alerts-unknown-word = There is no such value

# figures
alerts-figure-observed = Seen
alerts-figure-expected = Expected
alerts-figure-exposure = Purchases that could have caused it
alerts-figure-rate = Rate
alerts-figure-cohort-rate = Rate of the cohort
alerts-figure-cohort-members = Members of the cohort
alerts-figure-events = Events
alerts-figure-ratio = Times the cohort
alerts-figure-events-since = Events since the change
alerts-figure-expected-since = Expected since the change
alerts-figure-days-since-first = Days since the first sale
alerts-figure-dispersion = Spread of merchants
alerts-figure-others-rate = Rate of the others
alerts-figure-others-events = Events of the others
alerts-figure-others-exposure = Purchases of the others
alerts-figure-units-today = Units that day
alerts-figure-units-usual = Units usually
alerts-figure-deviations = Standard deviations off
alerts-figure-factor = Times the usual
alerts-figure-few-buyers-share = Share of few buyers
alerts-figure-orders-today = Orders that day
alerts-figure-buyers-distinct = Different buyers, about
alerts-figure-orders-recent = Orders lately
alerts-figure-top-buyer-share = Share of the top buyer
alerts-figure-new-account-share = Share of new accounts
alerts-figure-empty-parcel-share = Share of empty parcels
alerts-figure-reviews-recent = Reviews lately
alerts-figure-review-factor = Reviews, times the usual
alerts-figure-repeated-text-share = Share of repeated texts
alerts-figure-extreme-star-share = Share of extreme stars
alerts-figure-verified-share = Share of verified buyers
alerts-figure-top-text-share = Share of the commonest text
alerts-figure-price-now-minor = Price now
alerts-figure-price-lowest-minor = Lowest price before
alerts-figure-price-highest-minor = Highest price before
alerts-figure-price-days = Days with a price before
alerts-figure-price-change = Change of the price
alerts-figure-total-now = Total
alerts-figure-total-expected = Expected total
alerts-figure-weeks-of-history = Weeks of history
alerts-figure-warnings = Warnings

# errors
error-alert-wrong-state = The alert is closed, or this was done before
error-alert-changed = Somebody changed the alert at the same moment; open it again
error-alert-nothing-to-stop = Only a product or a lot can be stopped
error-detector-no-history = There are no closed days of signals in this span
error-detector-refused = The detector's settings are wrong: { $why }
