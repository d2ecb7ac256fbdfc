//! Separated text and JSON.

use super::{cells, open, origin, rows};
use linli_sheet::{Encoding, Format, Hints, Limits, Problem, SheetError, Source};

#[test]
fn quotes_newlines_and_line_numbers() {
    let text = "id,说明\r\n1,\"灯坏，\r\n三天\"\r\n\r\n2,\"他说\"\"好\"\"\"\r\n,\r\n3,无";
    let rows = rows("a.csv", text);
    let lines: Vec<u64> = rows.iter().map(|r| r.line).collect();
    assert_eq!(lines, [2, 5, 7]);
    assert_eq!(rows[0].get("说明"), Some("灯坏，\r\n三天"));
    assert_eq!(rows[1].get("说明"), Some("他说\"好\""));
    assert_eq!(rows[2].get("说明"), Some("无"));
}

#[test]
fn gb18030_is_found_and_said() {
    let text = "编码,名称\n110101001001,多福巷社区居委会\n110101001002,㛃𬍛社区\n";
    let gb = encoding_rs::GB18030.encode(text).0;
    let source = open("divisions.csv", &gb).unwrap();
    assert_eq!(source.encoding(), Some(Encoding::Gb18030));
    let rows: Vec<_> = source.map(Result::unwrap).collect();
    assert_eq!(rows[1].get("名称"), Some("㛃𬍛社区"));
    assert_eq!(rows[0].get("编码"), Some("110101001001"));
    let bom = open("a.csv", format!("\u{FEFF}{text}")).unwrap();
    assert_eq!(bom.encoding(), Some(Encoding::Utf8Bom));
    assert_eq!(bom.headers().names(), ["编码", "名称"]);
    let forced = Hints { encoding: Some(Encoding::Utf8), ..Hints::default() };
    let refused = Source::open(&origin("a.csv", &gb), &forced, &Limits::default());
    assert!(matches!(refused, Err(SheetError::Encoding { line: 1, encoding: "UTF-8" })));
}

#[test]
fn separators_are_found_in_the_header() {
    for (name, separator) in [("a.csv", ';'), ("a.tsv", '\t'), ("a.txt", '|'), ("a.csv", ',')] {
        let text = format!("\"a,b;c\"{separator}b\n1{separator}2\n");
        let rows = rows(name, text);
        assert_eq!(rows[0].get("b"), Some("2"), "{separator:?}");
    }
    assert_eq!(rows("one.csv", "name\n甲\n乙\n").len(), 2);
}

#[test]
fn torn_rows_are_kept_with_their_reason() {
    let rows = rows("a.csv", "a,b\n1,2\n3\n4,5,6\n7,8,\n");
    assert_eq!(
        rows.iter().map(linli_sheet::Row::row_problem).collect::<Vec<_>>(),
        [None, Some(Problem::TooFewCells), Some(Problem::TooManyCells), None,]
    );
    assert_eq!(cells(&rows[2]), ["4", "5", "6"]);
}

#[test]
fn an_open_quote_is_told_and_does_not_swallow_memory() {
    let rows = rows("a.csv", "a,b\n1,\"x\n2,y\n3,z\n");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].row_problem(), Some(Problem::OpenQuote));
    let text = format!("a,b\n1,2\n3,\"{}", "x,\n".repeat(10_000_000));
    let failed = open("a.csv", text).unwrap().find_map(Result::err).unwrap();
    assert!(matches!(failed, SheetError::OpenQuote { line: 3 }), "{failed}");
    // A foot mark inside a cell is no quotation, and an even one at the end is none either.
    assert!(super::rows("a.csv", "a,b\n1,5\" pipe\n").iter().all(|r| r.row_problem().is_none()));
}

#[test]
fn long_cells_and_control_characters_spoil_their_cell_only() {
    let rows = rows("a.csv", format!("a,b\n{},ok\nx\u{7},ok\n", "长".repeat(100_000)));
    assert_eq!(rows[0].problem_at(0), Some(Problem::TooLong));
    assert_eq!(rows[1].problem_at(0), Some(Problem::ControlCharacter));
    assert!(rows.iter().all(|r| r.problem_at(1).is_none() && r.get("b") == Some("ok")));
}

#[test]
fn files_beyond_the_limits_are_refused() {
    let few = Limits { bytes: 10, ..Limits::default() };
    let refused = Source::open(&origin("a.csv", "a,b,c\n1,2,3\n"), &Hints::default(), &few);
    assert!(matches!(refused, Err(SheetError::TooLarge { what: "bytes", actual: 12, limit: 10 })));
    let narrow = Limits { columns: 2, ..Limits::default() };
    let refused = Source::open(&origin("a.csv", "a,b,c\n1,2,3\n"), &Hints::default(), &narrow);
    assert!(matches!(refused, Err(SheetError::TooLarge { what: "columns", actual: 3, .. })));
    // A sparse file of two gigabytes is refused by its size, before a byte is read.
    let file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    file.as_file().set_len(2 << 30).unwrap();
    let huge = linli_sheet::Origin::File(file.path().to_owned());
    assert!(matches!(Source::open(&huge, &Hints::default(), &Limits::default()), Err(SheetError::TooLarge { .. })));
}

#[test]
fn a_header_may_stand_lower() {
    let hints = Hints { header_row: 3, ..Hints::default() };
    let text = "某小区房屋信息表\n\n楼栋,户主\n1栋,甲\n,乙\n";
    let source = Source::open(&origin("a.csv", text), &hints, &Limits::default()).unwrap();
    assert_eq!(source.headers().names(), ["楼栋", "户主"]);
    let hints = Hints { fill_down: vec!["楼栋".into()], ..hints };
    let rows: Vec<_> = Source::open(&origin("a.csv", text), &hints, &Limits::default()).unwrap().map(Result::unwrap).collect();
    assert_eq!(rows[1].get("楼栋"), Some("1栋"), "as in the row above");
}

#[test]
fn json_lists_become_rows() {
    let text = r#"[{"id":"1","zip":10033.0,"big":4220032269403517,"loc":{"lat":"40.5","tags":["a"]}},
        {"id":"2","none":null,"flag":true}, 7, {"id":"\u738b\u82b3"}]"#;
    let rows = rows("a.json", text);
    assert_eq!(rows.iter().map(|r| r.line).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(rows[0].get("zip"), Some("10033.0"));
    assert_eq!(rows[0].get("big"), Some("4220032269403517"));
    assert_eq!(rows[0].get("loc.lat"), Some("40.5"));
    assert_eq!(rows[0].get("loc.tags"), Some(r#"["a"]"#));
    assert_eq!(rows[1].get("none"), None);
    assert_eq!(rows[1].get("flag"), Some("true"));
    assert_eq!(rows[1].get("zip"), None);
    assert_eq!(rows[2].row_problem(), Some(Problem::NotAnObject));
    assert_eq!(rows[3].get("id"), Some("王芳"));
    assert_eq!(rows[0].headers().names(), ["id", "zip", "big", "loc", "loc.lat", "loc.tags", "flag"]);
}

#[test]
fn json_lists_further_down_need_their_path() {
    let text = r#"{"code":0,"data":{"total":1,"items":[{"a":1}]}}"#;
    let error = open("a.json", text).unwrap_err();
    assert!(error.to_string().contains("source.path"), "{error}");
    let hints = Hints { path: vec!["data".into(), "items".into()], ..Hints::default() };
    let rows: Vec<_> = Source::open(&origin("a.json", text), &hints, &Limits::default()).unwrap().collect();
    assert_eq!(rows.len(), 1);
    let hints = Hints { path: vec!["data".into(), "list".into()], ..Hints::default() };
    let error = Source::open(&origin("a.json", text), &hints, &Limits::default()).unwrap_err();
    assert!(error.to_string().contains("data.list"), "{error}");
}

#[test]
fn json_lines_and_broken_json() {
    let rows = rows("a.ndjson", "{\"a\":1}\n\n{\"a\":2\n{\"a\":3}\n");
    assert_eq!(rows.iter().map(|r| (r.line, r.get("a"))).collect::<Vec<_>>(), [(1, Some("1")), (3, None), (4, Some("3"))]);
    assert_eq!(rows[1].row_problem(), Some(Problem::NotAnObject));
    let error = open("a.json", "[{\"a\":1},\n{\"a\":}]").unwrap_err();
    assert!(matches!(error, SheetError::Json { line: 2, .. }), "{error}");
    assert!(open("a.json", format!("[{}", "[".repeat(100_000))).is_err(), "a deep nest does not exhaust the stack");
    assert!(matches!(open("a.json", "[]"), Err(SheetError::Empty)));
}

#[test]
fn geojson_features_become_rows() {
    let text = r#"{"type":"FeatureCollection","features":[
        {"type":"Feature","id":5,"properties":{"name":"甲","n":1},"geometry":{"type":"Point","coordinates":[118.8,32.0]}},
        {"type":"Feature","properties":null,"geometry":null}]}"#;
    let source = open("a.geojson", text).unwrap();
    assert_eq!(source.format(), Format::Geojson);
    let rows: Vec<_> = source.map(Result::unwrap).collect();
    assert_eq!(rows[0].get("name"), Some("甲"));
    assert_eq!(rows[0].get("id"), Some("5"));
    assert!(rows[0].get("geometry").unwrap().contains("118.8"));
    let single = r#"{"type":"Feature","properties":{"name":"乙"},"geometry":null}"#;
    assert_eq!(super::rows("b.geojson", single)[0].get("name"), Some("乙"));
}

#[test]
fn progress_reaches_the_end() {
    let text = format!("a,b\n{}", "1,2\n".repeat(50_000));
    let mut source = open("a.csv", &text).unwrap();
    let progress = source.progress();
    source.next().unwrap().unwrap();
    assert!(progress.done() > 0 && progress.done() < progress.total());
    assert_eq!(source.count(), 49_999);
    assert_eq!((progress.done(), progress.total()), (200_004, 200_004));
}
