### Listings: why something is refused, states, imports

# --- error codes
error-listing-stale = The listing was changed meanwhile; reload and try again
error-listing-state = The listing's present state does not allow this
error-listing-taken = The merchant already has a listing with the number { $number }
error-listing-market = There are no rules for the market "{ $market }"; known: cn, us, eu
error-screening-rules = The screening rules of "{ $market }" are wrong, nothing can be screened; a manager must look at the policy
error-import-mapping = The mapping file is wrong
error-import-unreadable = The file cannot be read
error-import-running = This file is being imported; please wait

# --- faults of fields
listings-fault-missing = Required
listings-fault-too-long = { $there } characters, at most { $most }; shorten it
listings-fault-too-many = { $there } entries, at most { $most }
listings-fault-one-line = No line breaks
listings-fault-character = Character { $position } ({ $code }) is invisible or turns the direction of the text; remove it
listings-fault-price = A price is an amount of at least 0 and at most a hundred million
listings-fault-currency = Must be a three-letter currency code such as CNY
listings-fault-currency-missing = A price needs its currency, such as CNY
listings-fault-date = A date is written YYYY-MM-DD, such as 2026-03-31
listings-fault-image = Must be the SHA-256 of an uploaded file (64 hexadecimal digits)
listings-fault-image-unknown = There is no such picture; upload it first
listings-fault-picture = The picture { $file } cannot be used: { $why } ({ $code })
listings-fault-merchant = There is no such merchant
listings-fault-reasons = Give a reason
listings-fault-reasons-long = At most 50 reasons of 200 characters each
listings-fault-brand-name = A brand name has at least two letters and at most 100 characters

# --- mapping files
listings-mapping-syntax = Wrong syntax: { $detail }
listings-mapping-large = The file is too large, at most { $most } bytes
listings-mapping-field = There is no such field; did you mean { $detail }? Attributes are written attributes.name
listings-mapping-missing = The column of the field { $detail } is missing
listings-mapping-value = Must be one of: { $detail }
listings-mapping-pattern = Cannot be understood: { $detail }

# --- files
listings-import-large = The file is larger than { $mebibytes } MB; split it
listings-import-empty = The file is empty
listings-import-binary = This is no table of text (a spreadsheet or an archive, perhaps); save it as CSV or NDJSON
listings-import-truncated = The compressed file ends here before its end; export or transfer it again
listings-import-gzip = The compressed file is damaged; export it again
listings-import-bomb = Unpacked it is larger than { $gibibytes } GB and is not read
listings-import-encoding = This line is not { $expected }, it reads as { $likely }; write encoding = "{ $likely }" in the mapping, or save the file as UTF-8
listings-import-encoding-unknown = This line is not { $expected }; save the file as UTF-8
listings-import-column = The file has no such column; there are: { $there }
listings-import-column-twice = This column is there twice; rename one
listings-import-quote = This row is too long (more than { $most } bytes or { $columns } columns); a quote may be left open
listings-import-groups = More than { $most } products after grouping; split the file
listings-import-refused = More than { $most } lines cannot be read; look at the mapping
listings-import-missing = The file is not there
listings-import-io = Reading failed: { $detail }
listings-recalls-unreadable = No line is a recall notice (JSON lines of Safety Gate, or a CPSC table with tabs) { $detail }

# --- rows
listings-row-created = Created
listings-row-updated = Updated
listings-row-unchanged = Unchanged
listings-row-refused = Refused
listings-row-number = The number is empty or longer than { $most } characters
listings-row-price = "{ $value }" is no amount; the decimal mark is "{ $decimal }", as in 12.50
listings-row-date = "{ $value }" is no date; it is written { $form }
listings-row-quantity = "{ $value }" is no quantity
listings-row-documents = Documents are a JSON list, each with its kind
listings-row-columns = { $there } columns, the header has { $expected }; look at quotes and separators
listings-row-json = Not valid JSON (column { $column })
listings-row-object = Must be one JSON object
listings-row-long = The line is longer than { $most } bytes
listings-row-title = There is no usable title
listings-row-no-price = There is no usable price
listings-row-removed = These goods were removed for good and cannot be updated
listings-row-older = Older than what is there; not taken
listings-row-picture = There is no picture { $value }; upload it first and give its SHA-256
listings-row-picture-file = The picture file cannot be used: { $value }

# --- states
listings-state-draft = Draft
listings-state-submitted = Submitted
listings-state-screening = Screening
listings-state-passed = Passed, not yet on sale
listings-state-in-review = In review
listings-state-rejected = Rejected
listings-state-on-sale = On sale
listings-state-restricted = On sale under limits
listings-state-suspended = Suspended
listings-state-removed = Removed
listings-version-draft = Draft
listings-version-submitted = Submitted
listings-version-screening = Screening
listings-version-passed = Passed
listings-version-in-review = In review
listings-version-rejected = Rejected
listings-version-superseded = Superseded
listings-decision-pass = Pass
listings-decision-review = To a person
listings-decision-reject = Reject
listings-cause-screening = Severe finding
listings-cause-qualification = Qualification not valid
listings-cause-merchant = Merchant may not sell
listings-cause-decision = Decided by a person
listings-measure-restrict = Restrict
listings-measure-suspend = Suspend
listings-measure-restore = Restore
listings-measure-remove = Remove
listings-fingerprint-text = Words
listings-fingerprint-image = Picture
listings-fingerprint-gtin = GTIN
listings-fingerprint-document = Document
listings-import-state-queued = Queued
listings-import-state-running = Importing
listings-import-state-finished = Finished
listings-import-state-failed = Failed
