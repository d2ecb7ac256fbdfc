//! Mapping files and the records they make.

use super::open;
use linli_geo::{Crs, Geometry};
use linli_sheet::{FieldError, FieldKind, FieldSpec, Lang, Mapping, MappingError, Record, Schema};
use std::sync::Arc;

fn schema() -> Arc<Schema> {
    Arc::new(Schema::new(
        "cases",
        [
            FieldSpec::new("id", FieldKind::Identifier).required().aliases(&["编号"]),
            FieldSpec::new("title", FieldKind::Text).max_chars(20),
            FieldSpec::new("status", FieldKind::Choice(&["open", "closed"])),
            FieldSpec::new("count", FieldKind::Integer).aliases(&["户数"]),
            FieldSpec::new("area", FieldKind::Decimal { scale: 2 }),
            FieldSpec::new("at", FieldKind::Instant).aliases(&["时间"]),
            FieldSpec::new("day", FieldKind::Day),
            FieldSpec::new("old", FieldKind::Bool),
            FieldSpec::new("location", FieldKind::Point),
            FieldSpec::new("outline", FieldKind::Geometry),
        ],
    ))
}

fn results(mapping: &str, name: &str, text: &str) -> Vec<Result<Record, Vec<FieldError>>> {
    let mapping = Mapping::from_toml(mapping, &schema()).unwrap();
    let source = linli_sheet::Source::open(&super::origin(name, text), mapping.hints(), &linli_sheet::Limits::default()).unwrap();
    let bound = mapping.bind(source.headers(), source.format()).unwrap();
    source.map(|row| bound.apply(&row.unwrap())).collect()
}

fn codes(result: &Result<Record, Vec<FieldError>>) -> Vec<(&str, &'static str)> {
    result.as_ref().unwrap_err().iter().map(|e| (e.field.as_str(), e.code)).collect()
}

fn refused(mapping: &str) -> MappingError {
    Mapping::from_toml(mapping, &schema()).unwrap_err()
}

#[test]
fn every_kind_of_field_is_filled() {
    let mapping = r##"
        kind = "cases"
        unknown = ["N/A", "暂无信息"]
        [dates]
        forms = ["%m/%d/%y %H:%M", "excel"]
        zone = "America/Los_Angeles"
        [coordinates]
        crs = "gcj02"
        [columns]
        id = { column = "编号（新）", integer_text = true }
        title = { join = "{类型}：{说明}" }
        status = { column = "状态", values = { Open = "open", "" = "open", "*" = "closed" } }
        count = { column = "户数", unit = ["户", "套"], pattern = "90天成交{n}套" }
        area = "面积"
        at = "时间"
        day = { column = "日期", forms = ["%Y年%m月%d日"] }
        old = "#9"
        location = { lon = "经度", lat = "纬度" }
    "##;
    let text = "编号(新),类型,说明,状态,户数,面积,时间,日期,,经度,纬度\n\
        10033.0,路灯, 不亮 ,Referred Out,3005户,\"1,085.30\",1/1/20 0:05,2024年5月27日,是,118.792199,32.050678\n\
        9,N/A,暂无信息,,90天成交12套,N/A,43831.5,,否,N/A,\n";
    let records = results(mapping, "a.csv", text);
    let first = records[0].as_ref().unwrap();
    assert_eq!(first.line, 2);
    assert_eq!(first.text("id"), "10033");
    assert_eq!(first.text("title"), "路灯：不亮");
    assert_eq!(first.text("status"), "closed");
    assert_eq!(first.int("count"), Some(3005));
    assert_eq!(first.int("area"), Some(108_530));
    assert_eq!(first.instant("at").unwrap().timestamp().to_string(), "2020-01-01T08:05:00Z");
    assert_eq!(first.day("day"), Some(jiff::civil::date(2024, 5, 27)));
    assert_eq!(first.bool("old"), Some(true));
    let place = first.point("location").unwrap();
    assert_eq!((place.crs, place.raw_lon.as_str()), (Crs::Gcj02, "118.792199"));
    assert!(place.point.lon() < 118.792_199 - 0.005 && place.point.lat() > 32.050_678 + 0.002, "shifted back west and north");
    let second = records[1].as_ref().unwrap();
    assert_eq!(second.opt_text("title"), None);
    assert_eq!(second.text("status"), "open");
    assert_eq!(second.int("count"), Some(12));
    assert_eq!(second.int("area"), None);
    assert_eq!(second.instant("at").unwrap().timestamp().to_string(), "2020-01-01T20:00:00Z");
    assert_eq!(second.point("location"), None);
}

#[test]
fn everything_wrong_with_a_row_is_said_at_once() {
    let mapping = r#"
        kind = "cases"
        [coordinates]
        crs = "wgs84"
        [columns]
        id = { column = "id", integer_text = true }
        title = "title"
        status = { column = "status", values = { Open = "open", Closed = "closed" } }
        count = { column = "count", pattern = "{n}户" }
        area = "area"
        at = "at"
        day = "day"
        old = "old"
        location = { lon = "lon", lat = "lat" }
    "#;
    let header = "id,title,status,count,area,at,day,old,lon,lat\n";
    let bad = "4.22003E+15,一二三四五六七八九十一二三四五六七八九十超,Cancelled,三户,1.234,1/2/20,2025-02-30,也许,32.05,118.79\n";
    let result = &results(mapping, "a.csv", &format!("{header}{bad},,,,,,,,1,\na\u{1},,,,,,,,,\n"));
    assert_eq!(
        codes(&result[0]),
        [
            ("area", "too_precise"),
            ("at", "date_unreadable"),
            ("count", "not_an_integer"),
            ("day", "date_not_exist"),
            ("id", "identifier_exponent"),
            ("location", "coordinates_swapped"),
            ("old", "not_yes_or_no"),
            ("status", "value_unknown"),
            ("title", "too_long"),
        ]
    );
    assert_eq!(codes(&result[1]), [("location", "half_a_place"), ("id", "required")]);
    assert_eq!(codes(&result[2]), [("id", "control_character")]);
    let errors = result[0].as_ref().unwrap_err();
    let status = errors.iter().find(|e| e.field == "status").unwrap();
    assert_eq!(
        (status.column.as_deref(), status.value.as_str(), status.hint.as_deref()),
        (Some("status"), "Cancelled", Some("Closed、Open"))
    );
    assert_eq!(status.text(Lang::Zh), "“status”列：“Cancelled”不在对照表中（可用：Closed、Open）");
}

#[test]
fn errors_in_a_mapping_name_the_key() {
    let start = "kind = \"cases\"\n[columns]\nid = \"id\"\n";
    for (more, key) in [
        ("stauts = \"x\"", "columns.stauts"),
        ("title = 5", "columns.title"),
        ("title = { colum = \"x\" }", "columns.title"),
        ("title = { column = \"x\", colour = \"y\" }", "columns.title.colour"),
        ("title = { column = \"x\", constant = \"y\" }", "columns.title"),
        ("title = { join = \"nothing\" }", "columns.title.join"),
        ("status = { column = \"s\", values = { Open = \"opened\" } }", "columns.status.values.Open"),
        ("count = { column = \"c\", pattern = \"套\" }", "columns.count.pattern"),
        ("at = { column = \"c\", forms = [\"%H\"] }", "columns.at.forms"),
        ("at = { column = \"c\", zone = \"Mars/Olympus\" }", "columns.at.zone"),
        ("location = { lon = \"x\", lat = \"y\" }", "coordinates.crs"),
        ("location = { lon = \"x\", crs = \"wgs84\" }", "columns.location"),
        ("location = { lon = \"x\", lat = \"y\", crs = \"utm\" }", "columns.location.crs"),
        ("outline = \"geometry\"", "coordinates.crs"),
        ("[source]\nencoding = \"utf-16\"", "source.encoding"),
        ("[source]\nheader = 1", "source.header"),
        ("[extra]", "extra"),
    ] {
        assert_eq!(refused(&format!("{start}{more}")).key, key, "{more}");
    }
    assert_eq!(refused("kind = \"homes\"\n[columns]\nid = \"id\"").key, "kind");
    assert_eq!(refused("kind = \"cases\"\n[columns]\ntitle = \"t\"").key, "columns.id");
    assert_eq!(refused("kind = ").key, "(file)");
}

#[test]
fn a_mapping_is_checked_against_the_file() {
    let bind = |mapping: &str, name: &str, text: &str| {
        let source = open(name, text).unwrap();
        Mapping::from_toml(mapping, &schema()).unwrap().bind(source.headers(), source.format()).map(|_| ())
    };
    let mapping = "kind = \"cases\"\n[columns]\nid = \"编号\"\ntitle = \"标题\"\n";
    let error = bind(mapping, "a.csv", "编号,名称\n1,甲\n").unwrap_err();
    assert_eq!(error.key, "columns.title");
    assert!(error.problem.contains("编号, 名称"), "{error}");
    assert!(bind(mapping, "a.json", r#"[{"编号":"1"}]"#).is_ok(), "absent members are empty in JSON");
    assert!(bind(mapping, "a.json", r#"[{"标题":"1"}]"#).is_err(), "but not a required one");
    let wild = "kind = \"cases\"\n[columns]\nid = \"编号\"\ncount = \"*月参考均价(元/m^2)\"\n";
    assert!(bind(wild, "a.csv", "编号,8月参考均价（元/m^2）\n1,7938\n").is_ok());
    let two = bind(wild, "a.csv", "编号,7月参考均价(元/m^2),8月参考均价(元/m^2)\n").unwrap_err();
    assert!(two.problem.contains("several"), "{two}");
}

#[test]
fn columns_are_found_by_name_when_there_is_no_mapping() {
    let source = open("a.csv", "编号,户数,时间,经度,纬度\n7.0,3,2024-05-27 08:30,118.79,32.05\n").unwrap();
    let without = Mapping::by_name(&schema(), None).bind(source.headers(), source.format()).unwrap_err();
    assert_eq!(without.key, "coordinates.crs");
    let bound = Mapping::by_name(&schema(), Some(Crs::Wgs84)).bind(source.headers(), source.format()).unwrap();
    let records: Vec<_> = source.map(|row| bound.apply(&row.unwrap()).unwrap()).collect();
    assert_eq!(records[0].text("id"), "7");
    assert_eq!(records[0].int("count"), Some(3));
    assert_eq!(records[0].instant("at").unwrap().rfc3339(), "2024-05-27T08:30:00+08:00");
    assert_eq!(records[0].point("location").unwrap().point.lon_e7, 1_187_900_000);
    let missing = open("a.csv", "名称\n甲\n").unwrap();
    assert_eq!(Mapping::by_name(&schema(), None).bind(missing.headers(), missing.format()).unwrap_err().key, "columns.id");
}

#[test]
fn outlines_and_wkt_points_are_read() {
    let mapping = "kind = \"cases\"\n[coordinates]\ncrs = \"wgs84\"\n[columns]\nid = \"code\"\noutline = \"geometry\"\n";
    let text = r#"{"type":"FeatureCollection","features":[
        {"type":"Feature","properties":{"code":"a"},"geometry":{"type":"Polygon","coordinates":[[[118,32],[118,32.1],[118.1,32.1],[118,32]]]}},
        {"type":"Feature","properties":{"code":"b"},"geometry":{"type":"Polygon","coordinates":[[[118,32],[118,32.1],[118.1,32.1]]]}}]}"#;
    let records = results(mapping, "a.geojson", text);
    assert!(matches!(records[0].as_ref().unwrap().geometry("outline"), Some(Geometry::Shape(_))));
    assert_eq!(codes(&records[1]), [("outline", "bad_geometry")]);
    let mapping = "kind = \"cases\"\n[columns]\nid = \"id\"\nlocation = { wkt = \"pos\", crs = \"wgs84\" }\n";
    let records = results(mapping, "a.csv", "id,pos\n1,POINT (-85.36 31.22)\n2,\n3,somewhere\n");
    assert_eq!(records[0].as_ref().unwrap().point("location").unwrap().point.lat_e7, 312_200_000);
    assert_eq!(records[1].as_ref().unwrap().point("location"), None);
    assert_eq!(codes(&records[2]), [("location", "not_a_coordinate")]);
}
