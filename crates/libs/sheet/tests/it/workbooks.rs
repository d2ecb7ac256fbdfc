//! Workbooks, honest ones and others.

use super::{open, origin, rows};
use linli_sheet::{Hints, Limits, Problem, SheetChoice, SheetError, Source};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use std::io::Write;
use zip::write::SimpleFileOptions;

fn saved(mut workbook: Workbook) -> Vec<u8> {
    workbook.save_to_buffer().unwrap()
}

/// A workbook with this sheet and these shared strings, written by hand.
fn by_hand(sheet: &str, strings: Option<&str>) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let mut part = |name: &str, text: &str| {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    };
    let ns = "http://schemas.openxmlformats.org";
    part(
        "[Content_Types].xml",
        &format!(
            r#"<Types xmlns="{ns}/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#
        ),
    );
    part(
        "_rels/.rels",
        &format!(
            r#"<Relationships xmlns="{ns}/package/2006/relationships"><Relationship Id="r1" Type="{ns}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
        ),
    );
    part(
        "xl/workbook.xml",
        &format!(
            r#"<workbook xmlns="{ns}/spreadsheetml/2006/main" xmlns:r="{ns}/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>"#
        ),
    );
    part(
        "xl/_rels/workbook.xml.rels",
        &format!(
            r#"<Relationships xmlns="{ns}/package/2006/relationships"><Relationship Id="r1" Type="{ns}/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#
        ),
    );
    part("xl/worksheets/sheet1.xml", &format!(r#"<worksheet xmlns="{ns}/spreadsheetml/2006/main">{sheet}</worksheet>"#));
    if let Some(strings) = strings {
        part("xl/sharedStrings.xml", strings);
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn cells_become_text_without_losing_digits() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let date = Format::new().set_num_format("yyyy-mm-dd hh:mm");
    for (column, header) in (0_u16..).zip(["编号", "数", "小数", "日期", "时间", "是否", "公式", "文本", "身份证"])
    {
        sheet.write_string(0, column, header).unwrap();
    }
    sheet.write_number(1, 0, 4_220_032_269_403_517.0).unwrap();
    sheet.write_number(1, 1, 320_102_000_000.0).unwrap();
    sheet.write_number(1, 2, 85.3).unwrap();
    sheet.write_datetime_with_format(1, 3, ExcelDateTime::from_ymd(2024, 5, 27).unwrap(), &date).unwrap();
    let at = ExcelDateTime::from_ymd(2024, 5, 27).unwrap().and_hms(8, 30, 0).unwrap();
    sheet.write_datetime_with_format(1, 4, at, &date).unwrap();
    sheet.write_boolean(1, 5, true).unwrap();
    sheet.write_formula(1, 6, Formula::new("=1+1").set_result("2")).unwrap();
    sheet.write_string(1, 7, "007").unwrap();
    sheet.write_number(1, 8, 320_102_199_001_011_234.0).unwrap();
    let rows = rows("a.xlsx", saved(workbook));
    let row = &rows[0];
    assert_eq!(row.line, 2);
    assert_eq!(row.get("编号"), Some("4220032269403517"));
    assert_eq!(row.get("数"), Some("320102000000"));
    assert_eq!(row.get("小数"), Some("85.3"));
    assert_eq!(row.get("日期"), Some("2024-05-27"));
    assert_eq!(row.get("时间"), Some("2024-05-27T08:30:00"));
    assert_eq!(row.get("是否"), Some("TRUE"));
    assert_eq!(row.get("公式"), Some("2"));
    assert_eq!(row.get("文本"), Some("007"));
    assert_eq!(row.problem_at(8), Some(Problem::DigitsLost));
    assert_eq!(row.problem_at(0), None);
}

#[test]
fn sheets_are_chosen_and_rows_keep_their_numbers() {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_name("空").unwrap();
    let hidden = workbook.add_worksheet().set_name("字典").unwrap();
    hidden.write_string(0, 0, "x").unwrap();
    hidden.set_hidden(true);
    let sheet = workbook.add_worksheet().set_name("小区").unwrap();
    sheet.write_string(0, 0, "某区小区一览").unwrap();
    sheet.write_string(2, 0, "名称").unwrap();
    sheet.write_string(2, 2, "户数").unwrap();
    sheet.write_string(5, 0, "甲").unwrap();
    sheet.write_number(5, 2, 12.0).unwrap();
    sheet.write_string(6, 3, "多").unwrap();
    let bytes = saved(workbook);
    let read = |hints: Hints| Source::open(&origin("a.xlsx", &bytes), &hints, &Limits::default());
    let rows: Vec<_> = read(Hints { header_row: 3, ..Hints::default() }).unwrap().map(Result::unwrap).collect();
    assert_eq!(rows.iter().map(|r| r.line).collect::<Vec<_>>(), [6, 7]);
    assert_eq!((rows[0].get("名称"), rows[0].get("#2"), rows[0].get("户数")), (Some("甲"), None, Some("12")));
    assert_eq!(rows[1].row_problem(), Some(Problem::TooManyCells));
    let named = read(Hints { sheet: SheetChoice::Named("字典".into()), ..Hints::default() }).unwrap();
    assert_eq!(named.headers().names(), ["x"]);
    let third = read(Hints { sheet: SheetChoice::Number(3), ..Hints::default() }).unwrap();
    assert_eq!(third.headers().names(), ["某区小区一览"]);
    let none = read(Hints { sheet: SheetChoice::Named("楼栋".into()), ..Hints::default() }).unwrap_err();
    assert!(none.to_string().contains("空、字典、小区"), "{none}");
}

#[test]
fn a_declared_dimension_that_lies_takes_no_memory() {
    let sheet = r#"<dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>
        <row r="1048576"><c r="A1048576"><v>7</v></c><c r="B1048576" t="e"><v>#N/A</v></c></row></sheetData>"#;
    let before = peak_kilobytes();
    let rows = rows("a.xlsx", by_hand(sheet, None));
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].line, rows[0].get("a")), (1_048_576, Some("7")));
    assert!(peak_kilobytes() < before + 64_000, "less than 64 MB more");
}

#[test]
fn a_cell_in_the_last_column_is_refused_by_the_limit() {
    let sheet = r#"<sheetData><row r="1"><c r="XFD1"><v>1</v></c></row></sheetData>"#;
    assert!(matches!(open("a.xlsx", by_hand(sheet, None)), Err(SheetError::TooLarge { what: "columns", actual: 16_384, .. })));
}

#[test]
fn a_declared_string_count_that_lies_is_refused() {
    let strings = r#"<sst count="1" uniqueCount="999999999999999"><si><t>a</t></si></sst>"#;
    let error = open("a.xlsx", by_hand("<sheetData/>", Some(strings))).unwrap_err();
    assert!(matches!(&error, SheetError::Bomb { part, .. } if part == "xl/sharedStrings.xml"), "{error}");
}

/// A workbook whose parts may have other names: the reader finds them in letters of either case, and in the folder that the package names.
fn renamed(part: &str, other: &str, bytes: &[u8]) -> Vec<u8> {
    let mut from = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut to = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for index in 0..from.len() {
        let mut file = from.by_index(index).unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut file, &mut text).unwrap();
        let name = file.name().unwrap().replace(part, other);
        to.start_file(name, SimpleFileOptions::default()).unwrap();
        to.write_all(text.replace(part, other).as_bytes()).unwrap();
    }
    to.finish().unwrap().into_inner()
}

#[test]
fn a_lying_string_count_is_found_wherever_it_stands() {
    let lie = r#"<sst count="1" uniqueCount="10000000000000"><si><t>a</t></si></sst>"#;
    let hidden = format!("<!--{}-->{lie}", "-".repeat(5_000));
    let namespaced = lie.replace("sst", "x:sst").replace('"', "'").replace("uniqueCount=", "uniqueCount \n = ");
    let empty = r#"<sst uniqueCount="10000000000000"/>"#;
    for strings in [lie, &hidden, &namespaced, empty] {
        let bytes = by_hand("<sheetData/>", Some(strings));
        for (part, other) in [("xl/", "xl/"), ("sharedStrings", "SharedStrings"), ("xl/", "xl/deeper/"), ("xl/s", "XL/S")] {
            let error = open("a.xlsx", renamed(part, other, &bytes)).unwrap_err();
            assert!(matches!(error, SheetError::Bomb { .. }), "{part} as {other}: {error}");
        }
    }
    // What only looks like the attribute harms nobody.
    let honest =
        "<!-- uniqueCount=\"10000000000000\" --><sst uniqueCount=\"1\"><si><t>uniqueCount=\"10000000000000\"</t></si></sst>";
    let sheet = r#"<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row></sheetData>"#;
    assert_eq!(open("a.xlsx", by_hand(sheet, Some(honest))).unwrap().headers().names(), ["uniqueCount=\"10000000000000\""]);
}

/// A long word that is copied for each cell format, or for each sheet, takes a thousand times the memory of the file.
#[test]
fn words_that_are_copied_without_end_are_refused() {
    let with = |name: &str, text: &str| {
        let mut zip = zip::ZipWriter::new_append(std::io::Cursor::new(by_hand("<sheetData/>", None))).unwrap();
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
        zip.finish().unwrap().into_inner()
    };
    let styles = |length: usize, formats: usize| {
        let (word, xf) = ("0".repeat(length), r#"<xf numFmtId="200"/>"#.repeat(formats));
        let first = format!(r#"<numFmts><numFmt numFmtId="200" formatCode="<{word}"/></numFmts>"#);
        format!("<styleSheet>{first}<cellXfs>{xf}</cellXfs></styleSheet>")
    };
    let error = open("a.xlsx", with("xl/Styles.xml", &styles(1 << 20, 5_000))).unwrap_err();
    assert!(matches!(&error, SheetError::Bomb { part, .. } if part == "xl/Styles.xml"), "{error}");
    // As many formats as Excel keeps, with its longest format code, are read: the sheet is empty, nothing else is wrong.
    assert!(matches!(open("a.xlsx", with("xl/styles.xml", &styles(255, 65_490))), Err(SheetError::Empty)));
    let sheets = "<workbook><sheets>".to_owned() + &r#"<sheet name="S" r:id="r1"/>"#.repeat(5_000) + "</sheets></workbook>";
    let error = open("a.xlsx", with("xl/other.bin", &sheets)).unwrap_err();
    assert!(error.to_string().contains("sheets"), "whatever the name of the part: {error}");
}

#[test]
fn an_excel_day_that_never_was_is_told() {
    // Style 1 is number format 14, a date.
    let styles = r#"<styleSheet><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#;
    let sheet = r#"<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>d</t></is></c></row>
        <row r="2"><c r="A2" s="1"><v>60</v></c></row><row r="3"><c r="A3" s="1"><v>61</v></c></row>
        <row r="4"><c r="A4" s="1"><v>99999999</v></c></row></sheetData>"#;
    let mut zip = zip::ZipWriter::new_append(std::io::Cursor::new(by_hand(sheet, None))).unwrap();
    zip.start_file("xl/styles.xml", SimpleFileOptions::default()).unwrap();
    zip.write_all(styles.as_bytes()).unwrap();
    let rows = rows("a.xlsx", zip.finish().unwrap().into_inner());
    assert_eq!(rows[0].problem_at(0), Some(Problem::NoSuchDate));
    assert_eq!((rows[1].get("d"), rows[1].problem_at(0)), (Some("1900-03-01"), None));
    assert_eq!(rows[2].problem_at(0), Some(Problem::NoSuchDate));
}

#[test]
fn bombs_are_refused_before_they_burst() {
    let zeros = "0".repeat(64 << 20);
    let sheet = format!(r#"<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>{zeros}</t></is></c></row></sheetData>"#);
    let bytes = by_hand(&sheet, None);
    assert!(bytes.len() < 200_000);
    let error = open("a.xlsx", &bytes).unwrap_err();
    assert!(matches!(&error, SheetError::Bomb { part, .. } if part.contains("sheet1")), "{error}");
    // The same with a directory that claims a small size.
    let error = open("a.xlsx", with_claimed_size(&bytes, 1_000)).unwrap_err();
    assert!(matches!(error, SheetError::Bomb { .. } | SheetError::Xlsx(_)), "{error}");
    let few = Limits { zip_entries: 3, ..Limits::default() };
    let error = Source::open(&origin("a.xlsx", by_hand("<sheetData/>", None)), &Hints::default(), &few).unwrap_err();
    assert!(error.to_string().contains("entries"), "{error}");
    let small = Limits { zip_bytes: 500, ..Limits::default() };
    let error = Source::open(&origin("a.xlsx", by_hand("<sheetData/>", None)), &Hints::default(), &small).unwrap_err();
    assert!(error.to_string().contains("unpacks to"), "{error}");
}

/// Overwrites the unpacked size of every part that claims more, in the local headers and in the directory.
fn with_claimed_size(bytes: &[u8], claim: u32) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for (signature, at) in [(b"PK\x03\x04", 22), (b"PK\x01\x02", 24)] {
        for start in 0..out.len() - 4 {
            if &out[start..start + 4] == signature {
                let field: [u8; 4] = out[start + at..start + at + 4].try_into().unwrap();
                if u32::from_le_bytes(field) > claim {
                    out[start + at..start + at + 4].copy_from_slice(&claim.to_le_bytes());
                }
            }
        }
    }
    out
}

#[test]
fn other_archives_and_damage_are_told_apart() {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("readme.txt", SimpleFileOptions::default()).unwrap();
    zip.write_all(b"hello").unwrap();
    let error = open("a.xlsx", zip.finish().unwrap().into_inner()).unwrap_err();
    assert!(matches!(error, SheetError::Mismatch { .. }), "{error}");
    let good = by_hand("<sheetData/>", None);
    assert!(matches!(open("a.xlsx", &good), Err(SheetError::Empty)));
    assert!(open("a.xlsx", &good[..good.len() / 2]).is_err());
    let torn = by_hand("<sheetData><row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row", None);
    assert!(matches!(open("a.xlsx", torn).map(|s| s.collect::<Vec<_>>().pop()), Err(_) | Ok(Some(Err(_)))));
}

/// The most memory this process has had, in kilobytes (Linux).
fn peak_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or("0 kB");
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}
