//! Files that are not what they should be.

use super::{open, rows};
use linli_sheet::{FieldKind, FieldSpec, Limits, Mapping, Problem, Schema, SheetError, Source};
use std::sync::Arc;

fn schema() -> Arc<Schema> {
    let text = |name| FieldSpec::new(name, FieldKind::Text).max_chars(1_000);
    Arc::new(Schema::new("notes", [text("name").required(), text("phone"), FieldSpec::new("location", FieldKind::Point)]))
}

#[test]
fn a_file_that_is_not_what_its_name_says() {
    let picture = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR";
    assert!(matches!(open("a.csv", picture), Err(SheetError::Unsupported { found: "a picture" })));
    assert!(matches!(open("a.xlsx", b"name,phone\na,1\n"), Err(SheetError::Mismatch { .. })));
    // A gzip archive, whole or torn, is told by its first bytes.
    assert!(matches!(open("a.csv", b"\x1f\x8b\x08\x00\x00"), Err(SheetError::Unsupported { found: "a gzip archive" })));
    assert!(open("a.xlsx", b"PK\x03\x04torn").is_err());
}

#[test]
fn nothing_and_next_to_nothing() {
    for bytes in [&b""[..], b"\xEF\xBB\xBF", b"\r\n \r\n", b",,,\n"] {
        assert!(matches!(open("a.csv", bytes), Err(SheetError::Empty)), "{bytes:?}");
    }
    assert_eq!(rows("a.csv", "name,phone\n").len(), 0, "a header alone has no rows");
}

#[test]
fn a_column_named_twice_is_refused_where_it_is_asked_for() {
    let bind = |mapping: &Mapping, text: &str| {
        let source = open("a.csv", text).unwrap();
        mapping.bind(source.headers(), source.format()).map(|_| ())
    };
    let own = Mapping::by_name(&schema(), None);
    let error = bind(&own, "name,phone,name\n甲,1,乙\n").unwrap_err();
    assert_eq!(error.key, "columns.name");
    assert!(error.problem.contains("two columns `name`"), "{error}");
    assert!(bind(&own, "name,other,other\n甲,1,2\n").is_ok(), "columns that nobody asks for may repeat");
    let both = Mapping::from_toml("kind = \"notes\"\n[columns]\nname = \"电话\"\nphone = \"电话#2\"\n", &schema()).unwrap();
    assert!(bind(&both, "电话,电话\n1,2\n").is_ok(), "a mapping that names both knows what it does");
}

#[test]
fn bytes_that_are_no_text() {
    let mut damaged = "name,phone\n".to_owned().into_bytes();
    damaged.extend("梧桐巷社区居民委员会,1\n".repeat(50).into_bytes());
    damaged.extend(b"\xE6\xA2,2\n");
    damaged.extend("梧桐巷社区居民委员会,1\n".repeat(50).into_bytes());
    let error = open("a.csv", &damaged).unwrap_err();
    assert!(matches!(error, SheetError::Encoding { line: 52, .. }), "{error}");
    assert!(matches!(open("a.csv", b"name,phone\na\0b,1\n"), Err(SheetError::Unsupported { .. })));
    // Far behind the first bytes a NUL spoils its own row only.
    let far = format!("name,phone\n{}甲\0,1\n乙,2\n", "丙,3\n".repeat(20_000));
    let rows = rows("a.csv", &far);
    assert_eq!(rows[20_000].problem_at(0), Some(Problem::ControlCharacter));
    assert_eq!(rows[20_001].get("name"), Some("乙"));
}

#[test]
fn very_wide_and_very_long() {
    let wide = format!("{}\n", vec!["c"; 5_000].join(","));
    assert!(matches!(open("a.csv", &wide), Err(SheetError::TooLarge { what: "columns", .. })));
    let rows = rows("a.csv", format!("name,phone\n{}\n甲,1\n", vec!["x"; 200_000].join(",")));
    assert_eq!(rows[0].row_problem(), Some(Problem::TooManyCells), "a wide row is told and the next one read");
    assert_eq!(rows[1].get("name"), Some("甲"));
    let long = super::rows("a.csv", format!("name,phone\n{},1\n", "长".repeat(100_000)));
    assert_eq!(long[0].problem_at(0), Some(Problem::TooLong));
    // A deep nest is kept as text, and is too long for a cell; it exhausts no stack.
    let deep = super::rows("a.json", format!("[{{\"a\":{}1{}}}]", "[".repeat(50_000), "]".repeat(50_000)));
    assert_eq!(deep[0].problem_at(0), Some(Problem::TooLong));
}

#[test]
fn the_system_of_coordinates_is_said_for_all_or_row_by_row() {
    let own = Mapping::by_name(&schema(), None);
    let source =
        open("a.csv", "name,lon,lat,crs\n甲,118.79,32.05,gcj02\n乙,118.79,32.05,\n丙,118.79,32.05,北京54\n丁,,,\n").unwrap();
    let bound = own.bind(source.headers(), source.format()).unwrap();
    let records: Vec<_> = source.map(|row| bound.apply(&row.unwrap())).collect();
    assert!(records[0].as_ref().unwrap().point("location").unwrap().point.lon_e7 < 1_187_900_000, "converted");
    assert_eq!(records[1].as_ref().unwrap_err()[0].code, "crs_missing");
    assert_eq!(records[2].as_ref().unwrap_err()[0].code, "crs_unknown");
    assert_eq!(records[3].as_ref().unwrap().point("location"), None);
}

#[test]
fn what_we_neutralised_is_restored_in_csv_only() {
    let own = Mapping::by_name(&schema(), None);
    let limits = Limits::default();
    let csv = Source::open(&super::origin("a.csv", "name,phone\n'=1+1,1\n"), own.hints(), &limits).unwrap();
    let row = csv.map(Result::unwrap).next().unwrap();
    assert_eq!(row.get("name"), Some("=1+1"));
    let json = Source::open(&super::origin("a.json", "[{\"name\":\"'=1+1\"}]"), own.hints(), &limits).unwrap();
    assert_eq!(json.map(Result::unwrap).next().unwrap().get("name"), Some("'=1+1"));
}
