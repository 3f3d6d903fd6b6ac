ui-product = Touchstone
ui-product-long = Touchstone · quality supervision
ui-skip = Skip to content
ui-nav = Main navigation
ui-nav-open = open
ui-nav-desk = Desk
ui-nav-merchants = Merchants
ui-nav-review = Review
ui-nav-trace = Trace
ui-nav-monitoring = Monitoring
ui-nav-inspection = Inspection
ui-nav-enforcement = Enforcement
ui-nav-complaints = Complaints
ui-nav-training = Training
ui-nav-insight = Insight
ui-nav-policies = Policies
ui-nav-ledger = Ledger
ui-area-console = Console
ui-area-merchant = Merchant centre
ui-area-partner = Partner portal
ui-area-public = Public service
ui-search-label = Search merchants, listings, codes, cases
ui-theme = Switch light and dark
ui-account = My account
ui-sign-in = Sign in
ui-sign-out = Sign out
ui-demonstration = Demonstration: the merchants, listings and figures here are made up.
ui-public-foot = Provided by the marketplace’s quality supervision. Every decision can be verified and cannot be altered.
ui-trail = Where you are
ui-time-now = just now
ui-time-ago = { $span } ago
ui-time-in = in { $span }
ui-time-minutes = { $n ->
    [one] 1 minute
   *[other] { $n } minutes
 }
ui-time-hours = { $n ->
    [one] 1 hour
   *[other] { $n } hours
 }
ui-time-days = { $n ->
    [one] 1 day
   *[other] { $n } days
 }
ui-time-months = { $n ->
    [one] 1 month
   *[other] { $n } months
 }
ui-time-years = { $n ->
    [one] 1 year
   *[other] { $n } years
 }
ui-clock-left = { $span } left
ui-clock-overdue = overdue by { $span }
ui-severity-note = Note
ui-severity-low = Low
ui-severity-medium = Medium
ui-severity-high = High
ui-severity-critical = Critical
ui-step-done = (done)
ui-step-current = (under way)
ui-step-next = (not started)
ui-step-skipped = (skipped)
ui-step-failed = (failed)
ui-optional = optional
ui-form-wrong = Nothing was saved. Please correct:
ui-fault-at = { $place }: { $text }
ui-place-row = data row { $n }
ui-place-line = line { $n }
ui-place-column = column { $n }
ui-empty = Nothing here yet
ui-all = All
ui-filter = Filter
ui-filters-set = Filters set
ui-filter-remove = (remove this filter)
ui-filter-clear = Clear all filters
ui-saved-filters = Saved filters
ui-choose = Choose
ui-choose-all = Choose all on this page
ui-chosen = # chosen
ui-export = Export
ui-pages = Pages
ui-page-before = Previous
ui-page-after = Next
ui-rows = { $n } in total
ui-ledger-mark = In the ledger
ui-ledger-waiting = Not yet in the ledger
ui-ledger-waiting-long = Recorded and on its way into the ledger; it can be verified in a few seconds
ui-timeline-empty = No acts yet
ui-numbers = Show the numbers
ui-item = Item
ui-value = Value
ui-strip-empty = Nothing to compare with
ui-strip-summary = { $label }: { $value }; above { $below } of { $n } comparable items, median { $median }
ui-strip-median = { $n } comparable items, median { $median }
ui-diff = Changes
ui-diff-none = No changes
ui-diff-field = Field
ui-diff-old = Before
ui-diff-new = After
ui-diff-old-line = Old line
ui-diff-new-line = New line
ui-diff-text = Text
ui-copy = Copy
ui-copied = Copied
ui-print = Print
ui-live-check = Live check
ui-keys = Keyboard
ui-keys-this = Open or close this list
ui-error-home = Go to the start page
ui-error-401 = Please sign in, then go on.
ui-error-403 = Your role may not do this. Ask an administrator if you need to.
ui-error-404 = The address may be wrong, the content may have been removed, or you may not see it.
ui-error-409 = It has changed in the meantime. Go back, load the page again and look at its present state first.
ui-error-422 = Please go back, correct it and send it again; nothing was saved.
ui-error-500 = The product failed and we have recorded it. Nothing was saved; please try again later.
ui-error-503 = The system is busy for the moment. Please try again shortly.
ui-error-request = Request number
error-not-found = Not found
error-forbidden = Not allowed
error-signed-out = Sign-in needed
error-invalid-input = The input is wrong
error-malformed = The request cannot be read
error-stale = Somebody else has changed it
error-wrong-state = Not possible in the present state
error-too-large = Too large
error-rate-limited = Too many requests
error-unavailable = Unavailable for the moment
error-internal = The product failed
