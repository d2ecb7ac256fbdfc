//! Real files of other people, beside the suite.

use linli_sheet::{FieldError, FieldKind, FieldSpec, Hints, Limits, Mapping, Origin, Record, Schema, Source};
use std::path::PathBuf;
use std::sync::Arc;

fn file(path: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("LINLI_TEST_DATA") else {
        println!("skipped: LINLI_TEST_DATA is not set");
        return None;
    };
    Some(PathBuf::from(folder).join(path))
}

fn import(path: PathBuf, mapping: &str, schema: &Arc<Schema>) -> Vec<Result<Record, Vec<FieldError>>> {
    let mapping = Mapping::from_toml(mapping, schema).unwrap();
    let source = Source::open(&Origin::File(path), mapping.hints(), &Limits::default()).unwrap();
    let bound = mapping.bind(source.headers(), source.format()).unwrap();
    source.map(|row| bound.apply(&row.unwrap())).collect()
}

fn cases() -> Arc<Schema> {
    Arc::new(Schema::new(
        "cases",
        [
            FieldSpec::new("id", FieldKind::Identifier).required(),
            FieldSpec::new("title", FieldKind::Text).required(),
            FieldSpec::new("status", FieldKind::Choice(&["open", "closed"])).required(),
            FieldSpec::new("status_text", FieldKind::Text),
            FieldSpec::new("opened", FieldKind::Instant).required(),
            FieldSpec::new("closed", FieldKind::Instant),
            FieldSpec::new("zip", FieldKind::Identifier),
            FieldSpec::new("parcel", FieldKind::Identifier),
            FieldSpec::new("facility", FieldKind::Text),
            FieldSpec::new("location", FieldKind::Point),
        ],
    ))
}

const NYC: &str = r#"
    kind = "cases"
    unknown = ["N/A", "Unspecified"]
    [dates]
    forms = ["%Y-%m-%dT%H:%M:%S%.f"]
    zone = "America/New_York"
    [coordinates]
    crs = "wgs84"
    [columns]
    id = "unique_key"
    title = { join = "{complaint_type}: {descriptor}" }
    status = { column = "status", values = { Closed = "closed", "*" = "open" } }
    status_text = "status"
    opened = "created_date"
    closed = "closed_date"
    zip = { column = "incident_zip", integer_text = true }
    parcel = { column = "bbl", integer_text = true }
    facility = "facility_type"
    location = { lon = "longitude", lat = "latitude" }
"#;

#[test]
fn new_york_is_the_same_from_csv_and_from_json() {
    let (Some(csv), Some(json)) = (file("civic/nyc-311-1000.csv"), file("civic/nyc-311-1000.json")) else { return };
    let strip = |all: Vec<Result<Record, Vec<FieldError>>>| -> Vec<Record> {
        let unplaced = |mut record: Record| {
            record.line = 0;
            record
        };
        all.into_iter().map(|r| unplaced(r.unwrap())).collect()
    };
    let (from_csv, from_json) = (strip(import(csv, NYC, &cases())), strip(import(json, NYC, &cases())));
    assert_eq!(from_csv.len(), 1_000);
    assert_eq!(from_csv, from_json);
    assert_eq!(from_csv.iter().filter(|r| r.point("location").is_none()).count(), 12);
    assert_eq!(from_csv.iter().filter(|r| r.text("status") == "closed").count(), 677);
    assert!(from_csv.iter().all(|r| r.opt_text("facility") != Some("N/A")));
}

#[test]
fn los_angeles_keeps_rows_without_coordinates() {
    let Some(path) = file("civic/la-311-raw.csv") else { return };
    let mapping = r#"
        kind = "cases"
        [dates]
        forms = ["%m/%d/%y %H:%M"]
        zone = "America/Los_Angeles"
        [coordinates]
        crs = "wgs84"
        [columns]
        id = "srnumber"
        title = "requesttype"
        status = { column = "status", values = { Closed = "closed", Cancelled = "closed", Open = "open", Pending = "open", "Referred Out" = "closed" } }
        status_text = "status"
        opened = "createddate"
        closed = "closeddate"
        zip = "zipcode"
        location = { lon = "longitude", lat = "latitude" }
    "#;
    let records: Vec<Record> = import(path, mapping, &cases()).into_iter().map(Result::unwrap).collect();
    assert_eq!(records.len(), 10_000);
    assert_eq!(records.iter().filter(|r| r.text("status_text") == "Cancelled").count(), 244);
    let unlocated = records.iter().filter(|r| r.point("location").is_none()).count();
    println!("{unlocated} rows without coordinates");
    assert!(unlocated > 0 && unlocated < 100);
    let open_end = records.iter().filter(|r| r.text("status_text") == "Closed" && r.instant("closed").is_none()).count();
    assert_eq!(open_end, 18);
}

#[test]
fn harbin_estates_lose_their_units_and_keep_their_digits() {
    let Some(path) = file("territory/harbin-xiaoqu.csv") else { return };
    let schema = Arc::new(Schema::new(
        "estates",
        [
            FieldSpec::new("code", FieldKind::Identifier).required(),
            FieldSpec::new("name", FieldKind::Text).required(),
            FieldSpec::new("developer", FieldKind::Text),
            FieldSpec::new("manager", FieldKind::Text),
            FieldSpec::new("buildings", FieldKind::Integer),
            FieldSpec::new("households", FieldKind::Integer),
            FieldSpec::new("sold", FieldKind::Integer),
            FieldSpec::new("fee", FieldKind::Text),
            FieldSpec::new("price", FieldKind::Integer),
        ],
    ));
    let mapping = r#"
        kind = "estates"
        unknown = ["暂无信息", "无", "物业和度娘都不知道开发商名称"]
        [columns]
        code = "id"
        name = "name"
        developer = "developer"
        manager = { column = "property_company", values = { "业主自筹物业" = "self", "*" = "company" } }
        buildings = { column = "buiding_count", unit = "栋" }
        households = { column = "door_count", unit = "户" }
        sold = { column = "sold_count", pattern = "90天成交{n}套" }
        fee = { column = "property_costs", pattern = ["{n}至{_}元/平米/月", "{n}元/平米/月"] }
        price = "*月参考均价(元/m^2)"
    "#;
    let results = import(path, mapping, &schema);
    let errors: Vec<_> = results.iter().filter_map(|r| r.as_ref().err()).flatten().collect();
    println!("{} rows, errors: {errors:?}", results.len());
    let records: Vec<&Record> = results.iter().map(|r| r.as_ref().unwrap()).collect();
    assert_eq!(records.len(), 689);
    assert_eq!(records[0].text("code"), "4220032269403517");
    assert_eq!(
        (records[0].int("buildings"), records[0].int("households"), records[0].int("sold")),
        (Some(65), Some(3005), Some(0))
    );
    assert_eq!(records.iter().filter(|r| r.text("manager") == "self").count(), 290);
    assert!(records.iter().filter_map(|r| r.opt_text("developer")).all(|d| d.trim() == d));
}

#[test]
fn the_classes_of_messages_are_read_from_their_workbook() {
    let Some(path) = file("civic/message-classes.xlsx") else { return };
    let rows: Vec<_> =
        Source::open(&Origin::File(path), &Hints::default(), &Limits::default()).unwrap().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 517);
    let different = |at: usize| rows.iter().filter_map(|r| r.at(at)).collect::<std::collections::HashSet<_>>().len();
    assert_eq!((different(0), different(1), different(2)), (15, 103, 390));
}

#[test]
fn points_and_boxes_are_read() {
    let (Some(points), Some(boxes)) = (file("civic/tiny-points.csv"), file("civic/tiny-polygons.geojson")) else { return };
    let read = |path| {
        Source::open(&Origin::File(path), &Hints::default(), &Limits::default()).unwrap().map(Result::unwrap).collect::<Vec<_>>()
    };
    assert_eq!(read(points).len(), 18);
    let boxes = read(boxes);
    assert_eq!(boxes.len(), 4);
    assert_eq!(boxes[0].get("geography_value"), Some("BROOKLYN 01"));
}

/// The whole country: 620,573 communities, made by repeating the rows of two cities.
#[test]
fn the_whole_country_is_read_row_by_row() {
    let Some(path) = file("territory/nanjing-beijing-divisions.csv") else { return };
    let text = std::fs::read_to_string(path).unwrap();
    let (header, body) = text.split_once('\n').unwrap();
    let mut all = format!("{header}\n");
    body.lines().cycle().take(620_573).for_each(|line| {
        all.push_str(line);
        all.push('\n');
    });
    let copy = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    std::fs::write(copy.path(), all).unwrap();
    let schema = Arc::new(Schema::new(
        "divisions",
        [
            FieldSpec::new("code", FieldKind::Identifier).required(),
            FieldSpec::new("name", FieldKind::Text).required(),
            FieldSpec::new("street_code", FieldKind::Identifier).required(),
            FieldSpec::new("area_code", FieldKind::Identifier).required(),
            FieldSpec::new("city_code", FieldKind::Identifier).required(),
        ],
    ));
    let start = std::time::Instant::now();
    let read = Source::open(&Origin::File(copy.path().to_owned()), &Hints::default(), &Limits::default()).unwrap();
    let count = read.filter(|row| row.is_ok()).count();
    let reading = start.elapsed();
    let start = std::time::Instant::now();
    let read = Source::open(&Origin::File(copy.path().to_owned()), &Hints::default(), &Limits::default()).unwrap();
    let bound = Mapping::by_name(&schema, None).bind(read.headers(), read.format()).unwrap();
    let good = read.filter(|row| row.as_ref().is_ok_and(|row| bound.apply(row).is_ok())).count();
    println!("{count} rows read in {reading:?}, read and mapped in {:?}", start.elapsed());
    assert_eq!((count, good), (620_573, 620_573));
}
