# the sign
scans-sign-genuine = Genuine
scans-sign-genuine-help = This code was issued here, and nothing speaks against it.
scans-sign-warned = Take care
scans-sign-warned-help = The code itself is genuine, but something is wrong with this item: see below.
scans-sign-recalled = Recalled
scans-sign-recalled-help = Stop using it and do as described below.
scans-sign-withdrawn = Withdrawn
scans-sign-withdrawn-help = This lot was taken from the market. Do not buy or use it.
scans-sign-forged = Forged code
scans-sign-forged-help = This code was not issued here: the product is very likely a counterfeit. Do not use it, and tell us.
scans-sign-unknown = Unknown code
scans-sign-unknown-help = We have no record of this code, so we can say nothing about this item.
scans-sign-general = About this product
scans-sign-general-help = This page is about the product or its lot. To check the one in your hand, scan its own code.
scans-sign-invalid = This is not a valid code
scans-sign-invalid-help = The code cannot be read, for the reason below. Scan it again, or type it.

# how often
scans-count = Verified { $n ->
        [one] for the first time
       *[other] { $n } times
    }
scans-count-first = nobody has verified this item before
scans-count-since = first verified:
scans-count-help = If you are the first to open the package and it was verified before, take care and tell us.

# warnings on the page
scans-warning-open = This code may have been copied
scans-warning-confirmed = Confirmed: this code was copied
scans-warning-help = The same code may be on more than one package. Check the packaging and where you bought it; if in doubt, tell us.
scans-warned-not-commissioned = This code was never put into use and should be on no product.
scans-warned-decommissioned = This item was taken out of circulation (destroyed, misprinted, or used as a sample) and should not be seen any more.
scans-warned-lot-differs = The code names another lot than the one this item belongs to: the packaging may have been tampered with.
scans-warned-blocked = This lot is being looked into; its sale is stopped for now.
scans-warned-two-orders = The same item was sold in two orders.
scans-warned-impossible-travel = It was scanned in two places too far apart for the time between.
scans-warned-too-many-devices = More phones have scanned it than one item meets.
scans-warned-wrong-market = It is only seen where it is not meant to be sold.
scans-warned-lot-rate = This lot is scanned far more often than usual.

# recall
scans-recall = Recall
scans-recall-none = No recall
scans-recall-running = Being recalled
scans-recall-over = The recall is over
scans-recall-do = What to do:
scans-recall-since = since
scans-recall-level = level { $n }
scans-recall-notice = Read the recall notice

# goods
scans-gtin = GTIN
scans-lot = Lot
scans-serial = Serial number
scans-produced = Produced on
scans-expires = Use by
scans-origin = Origin
scans-plant = Plant
scans-sold = First sold
scans-rating = Rating
scans-rating-none = Not rated yet.

# journey
scans-journey = Journey
scans-journey-none = Nothing of its journey is recorded yet.
scans-journey-map = Map of the journey: points joined in the order of time; the list below says the same
scans-journey-note = Places and times are reported by the companies on the way. Where it says “on record”, a later change would be found.
scans-journey-recorded = on record
scans-step-seen = Seen
scans-step-accepting = Accepted
scans-step-arriving = Arrived
scans-step-assembling = Assembled
scans-step-collecting = Collected
scans-step-commissioning = Code put on
scans-step-consigning = Consigned
scans-step-creating-class-instance = Produced
scans-step-cycle-counting = Counted
scans-step-decommissioning = Taken out of circulation
scans-step-departing = Departed
scans-step-destroying = Destroyed
scans-step-disassembling = Taken apart
scans-step-dispensing = Dispensed
scans-step-encoding = Encoded
scans-step-entering-exiting = Entered or left
scans-step-holding = Held
scans-step-inspecting = Inspected
scans-step-installing = Installed
scans-step-killing = Slaughtered
scans-step-loading = Loaded
scans-step-other = Other
scans-step-packing = Packed
scans-step-picking = Picked
scans-step-receiving = Received
scans-step-removing = Removed
scans-step-repackaging = Repackaged
scans-step-repairing = Repaired
scans-step-replacing = Replaced
scans-step-reserving = Reserved
scans-step-retail-selling = Sold
scans-step-returning = Returned
scans-step-sampling = Sampled
scans-step-sensor-reporting = Sensor report
scans-step-shipping = Shipped
scans-step-staging-outbound = Staged for shipping
scans-step-stock-taking = Stock taken
scans-step-stocking = Put on the shelf
scans-step-storing = Stored
scans-step-transporting = In transport
scans-step-unloading = Unloaded
scans-step-unpacking = Unpacked
scans-step-void-shipping = Shipping cancelled

# papers
scans-papers = Certificates and test reports
scans-papers-none = No certificate or report has been published.
scans-valid-until = valid until { $day }
scans-document-inspection = Inspection certificate
scans-document-quarantine = Quarantine certificate
scans-document-test-report = Test report
scans-document-origin = Certificate of origin
scans-document-customs = Customs declaration
scans-document-other = Other paper
scans-report-laboratory = Laboratory
scans-report-standard = Standard
scans-report-issued = Issued
scans-report-valid-until = Valid until
scans-report-items = { $n ->
        [one] { $n } test item
       *[other] { $n } test items
    }
scans-report-limit = limit
scans-report-credential = The signed report
scans-report-valid = Signature valid
scans-report-revoked = Revoked by the laboratory
scans-report-expired = Expired
scans-report-forged = Forged: not signed by that laboratory
scans-report-pass = Passed
scans-report-fail = Failed

# covered code
scans-covered = Covered code
scans-covered-unused = The covered code has not been used
scans-covered-used = The covered code was used before
scans-covered-used-help = If you have only just scratched it open, the packaging may have been used before.
scans-covered-field = The code under the scratch layer
scans-covered-hint = Scratch the layer off and type the letters and digits below it, in any case, with or without spaces.
scans-covered-check = Check
scans-covered-needed = Type the code under the scratch layer
scans-covered-first = Right, for the first time
scans-covered-first-help = The covered code belongs to this item, and nobody has used it before.
scans-covered-again = Right, but used before
scans-covered-again-help = The code belongs to this item but was used before. If you have only just scratched it open, tell us.
scans-covered-wrong = Not the right code
scans-covered-wrong-help = This is not the covered code of this item. Check it and try again; if it really differs, tell us.
scans-covered-none = This item has no covered code

# where
scans-where = Tell us where you are (optional)
scans-where-help = Only the province is kept, to find codes that turn up in several places; not who you are.
scans-where-field = Region
scans-where-send = Send
scans-where-thanks = Noted, thank you.
scans-where-unknown = Choose a region from the list

# actions
scans-complain = Complain
scans-report = Report a suspicious product
scans-another = Check another code
scans-back = Back to the product
scans-proof = Proof
scans-proof-text = Every record on this page stands in a public ledger: once it is there nobody can change it unnoticed, not even we. You can download the records with their proofs and check them on your own computer, offline.
scans-proof-download = Download and verify it yourself
scans-proof-verify = Verify a proof here

# typing and reporting
scans-type-in = Check a product code
scans-type-in-lead = Where scanning does not work, type the code on the package here.
scans-code = Code
scans-code-hint = The web address, the code with brackets, for example (01)06901234567892(21)…, or the bar code's number.
scans-check = Check
scans-report-lead = Tell us what is wrong and we look into it. No account is needed; please write nothing about yourself.
scans-report-place = Where you bought or saw it
scans-report-place-hint = Shop, online shop or town.
scans-report-note = What is wrong
scans-report-note-hint = For example: blurred print, a price far too low, an opened package.
scans-report-send = Send
scans-reported = We have it
scans-reported-help = Thank you. We look into this code and its lot.
scans-reported-number = Number:

# faults
scans-code-empty = Type a code
scans-code-long = Too long: at most { $most }
scans-code-no-gtin = The code names no product (01)
scans-code-fault = { $en }
scans-code-key = Codes that begin with { $key } are not supported; a product's begins with 01
scans-code-no-value = Nothing follows { $ai }
scans-code-qualifier = { $ai } cannot stand in the path: only 22, 10, 21 in this order; others stand after the question mark
scans-code-order = { $ai } stands in the wrong place; the order is 22, 10, 21
scans-code-in-path = { $ai } belongs in the path, not after the question mark
scans-code-twice = { $ai } is given twice
scans-code-escape = A percent escape is wrong: % and two hexadecimal digits, of UTF-8 text
scans-at-unbelievable = The moment must be within the last { $days } days and not in the future
scans-date = A date such as 2026-03-02, or a moment with its offset
scans-unknown-word = There is no such value
scans-place-off = Latitude is between -90 and 90, longitude between -180 and 180, not both 0
scans-place-half = Latitude and longitude come together
scans-country = A country code of two letters, such as CN
scans-too-long = At most { $most } characters
scans-reason-needed = Give a reason
scans-reason-long = A reason has at most { $most } characters
scans-state-closing = Choose to confirm or to dismiss

# console
scans-title = Scans and copied codes
scans-lead = One code cannot be in two places. Rules say what is suspicious and on what figures; people decide.
scans-all = All scans
scans-all-lead = Which code was looked at, where, and what it was; not by whom.
scans-all-none = No scans
scans-all-none-help = They appear when people scan the codes on packages.
scans-reports = Reports of suspicious products
scans-reports-lead = Codes people do not trust; nothing about the people.
scans-reports-none = No reports
scans-reports-none-help = People can report from the page of a code.
scans-none = No warnings
scans-none-help = No rule has found a copied code. The thresholds stand under Policies.
scans-search = GTIN, serial number, lot or product
scans-state = State
scans-state-open = Open
scans-state-confirmed = Confirmed
scans-state-dismissed = Dismissed
scans-saved-open = Open, newest first
scans-rule = Rule
scans-rule-not-commissioned = Never put into use
scans-rule-decommissioned = Taken out of circulation
scans-rule-two-orders = Two orders
scans-rule-impossible-travel = Impossible travel
scans-rule-too-many-devices = Too many phones
scans-rule-wrong-market = Wrong market
scans-rule-lot-rate = Lot scanned too often
scans-product = Product
scans-unit = Unit
scans-whole-lot = The whole lot
scans-times = Times
scans-opened = Found
scans-last = Last
scans-outcome = Outcome
scans-outcome-genuine = Genuine
scans-outcome-not-commissioned = Never put into use
scans-outcome-decommissioned = Taken out of circulation
scans-outcome-withdrawn = Withdrawn
scans-outcome-forged = Forged
scans-outcome-unknown = Unknown
scans-outcome-lot = Lot
scans-outcome-product = Product
scans-outcome-invalid = Unreadable
scans-channel = Channel
scans-channel-page = Page
scans-channel-app = App
scans-channel-shop = Shop
scans-channel-console = Console
scans-kind = Event
scans-kind-scan = Scan
scans-kind-located = Place told
scans-kind-sale = Sold
scans-kind-return = Returned
scans-kind-cleared = Cleared
scans-at = When
scans-place = Where
scans-from = From
scans-until = Until
scans-map = Map of scans
scans-facts = Facts
scans-merchant = Merchant
scans-act-opened = Act of the finding
scans-act-closed = Act of the decision
scans-evidence = Evidence
scans-others = Other warnings about it
scans-evidence-not-commissioned = Scanned at { $at }, although it was never put into use.
scans-evidence-decommissioned = Taken out of circulation at { $since }, scanned at { $at }.
scans-evidence-two-orders = Sold in order { $first_order } and, without coming back, in order { $second_order } ({ $at }). Orders are shown by their hashes.
scans-evidence-impossible-travel = Within { $minutes } min it was in two places { $distance_km } km apart; at least { $distance_at_least_km } km after the uncertainty of both, which needs { $speed_kmh } km/h where { $limit_kmh } is the limit.
scans-evidence-too-many-devices = About { $today } phones on that day (limit { $limit_today }) and { $span } over 15 to 30 days (limit { $limit_span }, each counted once a day).
scans-evidence-wrong-market = { $abroad } scans outside the market, { $home } inside.
scans-evidence-lot-rate = { $scans } scans that day where { $expected } are usual: { $deviations } standard deviations, from { $baseline_days } days; the lot has { $units } units.
scans-why-not-commissioned = A code that was never put into use is on no package. If labels were being tried out, commission them first.
scans-why-decommissioned = Destroyed goods are not scanned again: the packaging may have been collected and used again.
scans-why-two-orders = One unit cannot be sold twice without coming back.
scans-why-impossible-travel = One and the same phone does not count; where places come from the network, two independent contradictions are needed.
scans-why-too-many-devices = One package meets the phones of a family, a shop and a few guests.
scans-why-wrong-market = The goods may have been diverted, or the codes copied abroad.
scans-why-lot-rate = When codes are copied by the thousand, the whole lot is suddenly scanned everywhere.
scans-decision = Decision
scans-decision-others = Enforcement officers and managers decide.
scans-confirm = Confirm: copied
scans-confirm-hint = The page of this unit keeps the warning for good.
scans-dismiss = Dismiss: harmless
scans-dismiss-hint = The page warns no more, and the rule's evidence starts from nothing.
scans-reason = Reason
scans-close = Close the warning
scans-closed = Closed.

# errors
error-scan-code-invalid = The code cannot be read
error-scan-gone = This lot was withdrawn
error-scan-no-link = There is no link of the type { $kind }
error-scan-warning-closed = The warning is closed already
error-scan-reports-full = Too many reports: at most { $most } an hour; try again later
scans-complaint = Complain about goods or a seller
scans-complaint-lead = Tell us what is wrong with the goods or the seller; we look into it and see that it is put right. Cases whose progress you can follow are still being built; for help at once call 12315. No account is needed; please write nothing about yourself.
scans-complaint-note = What happened
scans-complaint-note-hint = For example: the goods are spoiled, differ from their description, or the seller refuses a return.
scans-complaint-taken = Thank you. The people of quality supervision read your complaint and look into this code and its lot.
scans-report-kind = Kind
scans-report-kind-suspect = Suspicious code
scans-report-kind-complaint = Complaint
scans-report-suspended = The laboratory is suspended
scans-journey-times = × { $n }
scans-own-title = Copied codes
scans-own-lead = Warnings about your codes: one code in two places, or scans out of line. The operator looks into them and decides.
scans-own-lots = Lots
scans-own-open = The operator is looking into it. Check whether the file of codes leaked or labels were printed twice, and tell the operator what you find.
scans-own-confirmed = The operator confirmed that the code was copied. The page of the goods keeps saying so; stop using the unused labels of this lot.
scans-own-dismissed = The operator found a harmless reason; nothing is shown any more.
