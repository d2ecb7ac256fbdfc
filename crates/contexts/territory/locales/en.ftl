territory-nav = Territory
territory-title = Territory
territory-districts-empty = No district is served yet
territory-districts-hint = Import the official divisions, then estates: the first import that names the code of a district (320102, say) opens it.
territory-level-city = City
territory-level-district = District
territory-level-subdistrict = Subdistrict
territory-level-community = Community
territory-level-estate = Estate
territory-level-building = Building
territory-level-entrance = Entrance
territory-level-home = Home
territory-levels-city = Cities
territory-levels-district = Districts
territory-levels-subdistrict = Subdistricts
territory-levels-community = Communities
territory-levels-estate = Estates
territory-levels-building = Buildings
territory-levels-entrance = Entrances
territory-levels-home = Homes
territory-kind-closed = Closed estate
territory-kind-scattered = Scattered estate
territory-management-entrusted = Entrusted to a state-owned manager
territory-management-commercial = Property company
territory-management-self_managed = Managed by the owners
territory-management-none = Nobody
territory-state-intact = Intact
territory-state-damaged = Damaged
territory-state-missing = Missing
territory-state-abandoned = Abandoned
territory-state-removed = Removed
territory-unknown = not known
territory-figure-estates = Estates
territory-figure-estates-why = { $closed } closed, { $scattered } scattered
territory-figure-old = Old estates
territory-figure-old-why = built by the end of 2000 (国办发〔2020〕23号); the year of { $unknown } is not known
territory-figure-care = Estates in entrusted care
territory-figure-care-why = { $closed } closed, { $scattered } scattered
territory-figure-area = Area in care (10,000 m²)
territory-figure-area-why = of { $all } × 10,000 m² on record
territory-figure-households = Households in care
territory-figure-households-why = of { $all } on record
territory-on-record = On record: { $buildings ->
    [one] { $buildings } building
   *[other] { $buildings } buildings
  }, { $entrances ->
    [one] { $entrances } entrance
   *[other] { $entrances } entrances
  }, { $homes ->
    [one] { $homes } home
   *[other] { $homes } homes
  }
territory-code = Code
territory-name = Name
territory-column-estates = Estates
territory-column-old = Old
territory-column-care = In care
territory-column-buildings = Buildings
territory-column-entrances = Entrances
territory-column-homes = Homes
territory-column-kind = Kind
territory-column-year = Built
territory-column-households = Households
territory-column-management = Management
territory-children-empty = Nothing below this place yet
territory-children-hint = Estates and homes appear here once their lists are imported.
territory-homes-hidden = Room numbers are residents’ information; this appointment sees only how many there are.
territory-estate-facts = About the estate
territory-year-value = { $year }
territory-year-old = { $year } (old estate)
territory-area-value = { $area } m²
territory-households-value = { $declared } ({ $onrecord } on record)
territory-buildings-value = { $declared } ({ $onrecord } on record)
territory-count-buildings = { $n } on record
territory-count-homes = { $n } on record
territory-area = Floor area
territory-manager = Manager
territory-credit-code = Unified social credit code
territory-managed-since = Managed since
territory-position = Position (WGS-84)
territory-grids = Governance grids
territory-outline = Outline
territory-outline-none = No outline imported yet
territory-outline-of = Source: { $source }; received in { $crs }
territory-map = Map of { $name }
territory-components = Components
territory-components-open = See the components ({ $n })
territory-components-title = Components of { $name }
territory-components-empty = No components on record here
territory-components-hint = Bring a survey in with linli import components.
territory-component-id = Identifier
territory-component-class = Class
territory-component-state = State
territory-component-department = Department in charge
territory-component-place = Where
territory-component-doubts = Doubts
territory-classes-unverified = Component classes follow { $standard }; nobody has compared them with the printed standard yet.
territory-virtual = Virtual community without a residents’ committee
territory-source-alone = Source of the divisions: { $source }
territory-source = Source of the divisions: { $source }, state of { $date }, licence: { $licence }
territory-change = Change or close
territory-change-open = Rename, move or close
territory-change-whom = Change { $name }
territory-since = since { $day }
territory-hangs = What hangs on it
territory-hangs-nothing = Nothing hangs on it.
territory-hangs-estates = { $n ->
    [one] { $n } estate
   *[other] { $n } estates
  }
territory-hangs-buildings = { $n ->
    [one] { $n } building
   *[other] { $n } buildings
  }
territory-hangs-entrances = { $n ->
    [one] { $n } entrance
   *[other] { $n } entrances
  }
territory-hangs-homes = { $n ->
    [one] { $n } home
   *[other] { $n } homes
  }
territory-hangs-components = { $n ->
    [one] { $n } component
   *[other] { $n } components
  }
territory-hangs-grids = { $n ->
    [one] { $n } governance grid covers it
   *[other] { $n } governance grids cover it
  }
territory-rename = Rename
territory-rename-hint = The code and everything below stay as they are.
territory-rename-do = Rename
territory-move = Move
territory-move-to = Move to
territory-move-under = Under which { $level }
territory-move-hint = A code or a whole name. Everything below goes along; appointments, boards and cases follow by themselves.
territory-move-do = Move
territory-close = Close
territory-close-at = Closed from
territory-close-division-at-hint = Today or an earlier day. Cases and appointments can still be looked up.
territory-close-at-hint = Today or an earlier day. Everything below is closed with it; cases and appointments can still be looked up.
territory-close-seen = I have looked at what hangs on it
territory-close-unseen = Look at what hangs on it first, then tick the box
territory-close-do = Close it
territory-successor = Replaced by
territory-successor-hint = The code of the place that takes its place, e.g. XW-0001/4栋; leave it empty when there is none.
territory-successor-division-hint = The code of the division that takes its place. A new code under the same parent takes over in place and nothing below moves; without one nothing in force may lie below.
territory-successor-name = Name of the successor
territory-successor-name-hint = For a new code only; left empty it keeps the name.
territory-gone = Closed
territory-gone-line = closed on { $day }
territory-gone-by = replaced by { $code }
territory-problem-wrong_level = of the wrong level for that place
territory-problem-taken_there = the code is in use there, or was closed before
territory-problem-missing = is missing
territory-problem-control_characters = holds control characters
territory-problem-too_long = is too long
territory-problem-slash = must not hold “/”
territory-problem-division_code = is no division code of 4, 6, 9 or 12 digits
territory-problem-duplicate = repeats an earlier row
territory-problem-unknown_parent = the division above is not known
territory-problem-parent_made = the division above was not known and has been made from the code, without a name
territory-problem-parent_differs = the code of the place above does not fit the code
territory-problem-closed = has been abolished
territory-problem-unknown = is not known
territory-problem-not_a_community = is no community code
territory-problem-other_district = lies in another district
territory-problem-impossible = cannot be
territory-problem-credit_code = the check character of the credit code is wrong
territory-problem-in_the_future = lies in the future
territory-problem-before_built = is before the year of completion
territory-problem-outside_place = the point lies outside the place
territory-problem-repeated_point = very many rows share this point
territory-problem-component_id = a component identifier has 17 digits (16 are of the standard of 2013)
territory-problem-unknown_division = the division inside the identifier is not known
territory-problem-other_division = the division inside the identifier is another one
territory-problem-unknown_class = there is no such class of components
territory-problem-differs_from_id = the class is not the one inside the identifier
territory-problem-not_local = local classes have the minor numbers 79 to 99
territory-problem-class_form = a class code has 5 digits
territory-problem-outside_community = covers places outside its community
territory-problem-geometry = the geometry is wrong
territory-problem-no_outline = there is no area
territory-problem-number = is no number
territory-problem-area = is no area with at most two decimals
territory-problem-date = is no clear date; write 2020-07-01
territory-problem-no_such_date = there is no such day
territory-problem-unknown_word = this word is not known
territory-problem-crs_missing = the coordinate system is not stated
territory-problem-crs_unknown = this coordinate system is not known
territory-problem-coordinates = the coordinates are out of range
territory-problem-coordinates_swapped = the coordinates are out of range; longitude and latitude may be swapped
territory-problem-not_a_point = this is an outline, not a point; bring outlines in as boundaries
territory-problem-unreadable = cannot be read
territory-problem-not_utf8 = is not UTF-8
territory-problem-geojson = is no GeoJSON
territory-problem-ends_before_it_begins = does not end after it begins
territory-problem-has_places = places in use lie below
territory-problem-no_path = there are no more numbers
territory-problem-not_made = was not made
territory-problem-unanswered = got no answer
territory-problem-not_the_city = is done for the whole city only
error-territory-unknown = Nothing is known under “{ $what }”
    .next = Check the code or the address; it may have been abolished.
error-territory-cycle = A place cannot lie under itself
    .next = Choose another place above, or another successor.
error-territory-other-district = A place does not move to another district
    .next = Close it here and create it there.
error-territory-wrong-level = This is not the right level
    .next = Estates lie in communities, buildings in estates, entrances in buildings, homes in entrances.
error-territory-taken = “{ $what }” exists already
    .next = Choose another code, or look at the one that is there.
error-territory-invalid = { $field }: { $why }
    .next = Correct it and send it again; nothing was changed.
error-territory-reference = The reference data inside the program is damaged
    .next = Install the program again, or ask those who maintain it.
