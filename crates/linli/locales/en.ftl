intake-nav = Import
intake-title = Bring a file in
intake-lead = Every row gets an answer: accepted, changed, unchanged, doubtful or rejected, and why. Try a dry run first; it writes nothing.
intake-kind = What the rows are
intake-kind-divisions = Official divisions
intake-kind-estates = Estates
intake-kind-homes = Homes (with buildings and entrances)
intake-kind-components = Components
intake-kind-grids = Governance grids
intake-kind-boundaries = Boundaries (GeoJSON)
intake-kind-people = People and organisations
intake-kind-appointments = Appointments
intake-kind-cases = Cases
intake-kind-classes = 12345 request classes
intake-kind-hotline = Tickets of the city hotline
intake-kind-institutions = Medical institutions
intake-kind-returns = Returns of medical institutions
intake-kind-treatment-grids = Treatment grids
intake-kind-grid-members = Members of treatment grids
intake-kind-catchments = Places that centres look after
intake-kind-staff = Staff of institutions by training
intake-kind-beds = The ledger of beds
intake-kind-unknown = Choose what the rows are
intake-district = District code
intake-district-hint = Six digits, e.g. 320102; may be empty for the national divisions and where one district is served; the first import that names a district opens it
intake-district-unknown = No such code; it is needed while no district, or more than one, is served
intake-file = File
intake-file-hint = xlsx, csv (UTF-8 or GB18030), JSON or GeoJSON, { $mb } MB at most; larger files go in on the machine itself with linli import
intake-no-file = Choose a file
intake-crs = Coordinate system
intake-crs-hint = Say it here when the file does not; GCJ-02 is converted
intake-crs-none = the file says it, or there are no coordinates
intake-crs-wgs84 = WGS-84
intake-crs-cgcs2000 = CGCS2000
intake-crs-gcj02 = GCJ-02
intake-community = Default place
intake-community-hint = For estates without a community, cases and outlines without a place: a division code, or ESTATE/BUILDING/ENTRANCE; where a 12345 list counts
intake-dry-run = Dry run, write nothing
intake-send = Begin
intake-done = Imported
intake-dry-done = Dry run ended; nothing was written
intake-rows = Rows
intake-created = New
intake-changed = Changed
intake-unchanged = Unchanged
intake-rejected = Rejected
intake-doubtful = Doubtful
intake-trouble = Rejected and doubtful rows (first 50)
intake-line = Line
intake-result = Result
intake-reason = Reason
intake-crs-bd09 = BD-09 (Baidu)
intake-mapping = Which columns are which
intake-mapping-hint = Choose when the file names its columns differently from the handbook
intake-mapping-own = Columns as in the handbook
intake-mapping-la-311 = Los Angeles 311 requests
intake-mapping-nyc-311 = New York 311 requests
intake-mapping-harbin-estates = Estates as a property site lists them (Harbin)
intake-mapping-beijing-fever-clinics = Beijing fever clinics (2020)
intake-mapping-hhs-hospitals = United States hospital week: the hospitals
intake-mapping-hhs-week = United States hospital week: bed days
intake-mapping-divi-areas = German intensive-care register: the regions
intake-mapping-divi-days = German intensive-care register: the days
intake-mapping-italy-regions = Italian civil protection: the regions
intake-mapping-italy-days = Italian civil protection: the days
intake-mapping-unknown = There is no such mapping
intake-mapping-file = Mapping file of your own
intake-mapping-file-hint = A TOML file; it counts instead of the choice above
intake-system = Source system
intake-system-hint = The system that cases come from; with their numbers it tells the same case again. The file's name otherwise
intake-report = Form of the answers
intake-report-hint = Every row as it stood, with line, result and reason behind it
intake-report-get = Download the answer to every row
intake-running = Being imported
intake-rows-done = { $n ->
    [one] { $n } row answered
   *[other] { $n } rows answered
  }
intake-running-hint = This page renews itself. You may leave it; the import goes on. Keep its address to look again.
intake-failed = Not everything was imported
intake-failed-hint = Whole batches before that are recorded, nothing after them. Mend the file and import it again: it goes on where it stopped.
intake-failed-nothing = Nothing was recorded. Mend the file and import it again.
intake-done-so-far = Until it stopped
intake-another = Bring in another file
intake-busy = Two files are being imported already; please wait for one to end
intake-two-systems = Two coordinate systems: { $said } was chosen here, the mapping says { $mapped }
intake-no-place = There is no place “{ $key }”
intake-broken = The import broke down; the log of the server says why
error-intake-too-large = The file is too large
    .next = At most { $mb } MB here. Larger files are brought in on the machine itself: linli import KIND FILE.
intake-closed = Of the classes that the file has no more, { $n } were closed; cases keep them.
intake-held-open = No class was closed, because rows were rejected; mend the file and import it again.
intake-row-line = line { $line }: { $result }: { $reasons }
intake-totals = { $rows } rows: { $new } new, { $changed } changed, { $unchanged } unchanged, { $flagged } flagged, { $rejected } rejected
intake-nothing-written = { " " }(dry run: nothing written)
intake-with-detail = { $said } ({ $detail })
intake-broke-off = { $file } broke off: { $why } (what was answered before is recorded in whole batches; mend the file and import it again)
intake-broke-off-nothing = { $file } was not imported: { $why } (nothing was recorded; mend the file and import it again)
intake-crs-unknown = unknown coordinate system “{ $crs }”: use wgs84, cgcs2000, gcj02 or bd09
intake-mapping-unreadable = the mapping { $file } cannot be read (those that ship: { $names })
intake-report-ending = { $file }: a report ends in .csv or .xlsx
intake-report-exists = { $file } exists; a report never overwrites
intake-no-district = no district is served yet: import the divisions, then name one with --district CODE
intake-several-districts = several districts are served; name one with --district CODE
hangs-posts = { $n ->
    [one] { $n } post held now
   *[other] { $n } posts held now
  }
hangs-cases = { $n ->
    [one] { $n } open case
   *[other] { $n } open cases
  }
hangs-claims = { $n ->
    [one] { $n } claimed home
   *[other] { $n } claimed homes
  }
