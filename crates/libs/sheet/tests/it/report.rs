//! Reports and exports.

use super::{open, rows};
use linli_kernel::Ts;
use linli_sheet::{Export, ExportCell, ExportFormat, FieldError, Hints, Lang, Limits, Outcome, Report, Source};

fn report(format: ExportFormat, name: &str, text: &str) -> Vec<u8> {
    let source = open(name, text).unwrap();
    let mut out = Vec::new();
    let mut report = Report::new(&mut out, format, source.headers(), Lang::Zh).unwrap();
    for (index, row) in source.map(Result::unwrap).enumerate() {
        let (outcome, errors) = match (row.row_problem(), index) {
            (Some(problem), _) => (Outcome::Rejected, vec![FieldError::new("", problem.code())]),
            (None, 0) => (Outcome::Accepted, vec![]),
            (None, _) => (Outcome::Flagged, vec![FieldError::new("name", "required")]),
        };
        report.answer(&row, outcome, &errors).unwrap();
    }
    let totals = report.finish().unwrap();
    assert_eq!((totals.rows(), totals.accepted, totals.flagged, totals.rejected), (3, 1, 1, 1));
    out
}

const TEXT: &str = "id,name\n007,=1+1\n8,\n9,a,more\n";

#[test]
fn a_csv_report_holds_every_row_with_result_and_reason() {
    let text = String::from_utf8(report(ExportFormat::Csv, "a.csv", TEXT)).unwrap();
    assert_eq!(
        text,
        "\u{FEFF}id,name,行号,结果,原因\r\n\
         007,'=1+1,2,已导入,\r\n\
         8,,3,已导入，待核实,“name”列：必填，但为空\r\n\
         9,a,4,未导入,本行的列数多于表头，可能有未加引号的分隔符,more\r\n"
    );
}

#[test]
fn an_xlsx_report_keeps_texts_as_texts_and_can_be_imported_again() {
    let bytes = report(ExportFormat::Xlsx, "a.csv", TEXT);
    let rows = rows("report.xlsx", &bytes);
    assert_eq!(rows[0].get("id"), Some("007"));
    assert_eq!(rows[0].get("name"), Some("=1+1"));
    assert_eq!(rows[0].get("结果"), Some("已导入"));
    let source = open("report.xlsx", &bytes).unwrap();
    let mut out = Vec::new();
    let again = Report::new(&mut out, ExportFormat::Csv, source.headers(), Lang::En).unwrap();
    again.finish().unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "\u{FEFF}id,name,Row,Result,Reason\r\n");
}

#[test]
fn exports_keep_numbers_numbers_and_identifiers_text() {
    let at = Ts::from_local(jiff::civil::date(2026, 11, 24).at(8, 30, 0, 0)).unwrap();
    let cells = [
        ExportCell::Id("003201020001"),
        ExportCell::Text("@cmd"),
        ExportCell::Int(-5),
        ExportCell::Decimal(-8_530, 2),
        ExportCell::Instant(at),
        ExportCell::Day(jiff::civil::date(2026, 11, 24)),
        ExportCell::Empty,
        ExportCell::Int(1_234_567_890_123_456_789),
    ];
    let headers = ["编号", "说明", "数", "面积", "时间", "日期", "空", "大数"];
    let write = |format| {
        let mut out = Vec::new();
        let mut export = Export::new(&mut out, format, &headers, Lang::Zh).unwrap();
        export.row(&cells).unwrap();
        export.finish().unwrap();
        out
    };
    let csv = String::from_utf8(write(ExportFormat::Csv)).unwrap();
    assert_eq!(csv.lines().nth(1).unwrap(), "003201020001,'@cmd,-5,-85.30,2026-11-24 08:30:00,2026-11-24,,1234567890123456789");
    let rows = rows("a.xlsx", write(ExportFormat::Xlsx));
    let got: Vec<Option<&str>> = headers.iter().map(|h| rows[0].get(h)).collect();
    assert_eq!(
        got,
        [
            Some("003201020001"),
            Some("@cmd"),
            Some("-5"),
            Some("-85.3"),
            Some("2026-11-24T08:30:00"),
            Some("2026-11-24"),
            None,
            Some("1234567890123456789"),
        ]
    );
    assert_eq!(rows[0].problem_at(7), None);
}

#[test]
fn a_text_too_long_for_a_workbook_is_cut_visibly() {
    let mut out = Vec::new();
    let mut export = Export::new(&mut out, ExportFormat::Xlsx, &["a"], Lang::Zh).unwrap();
    export.row(&[ExportCell::Text(&"长".repeat(40_000))]).unwrap();
    assert_eq!(export.finish().unwrap(), 1);
    assert!(rows("a.xlsx", out)[0].get("a").unwrap().ends_with("（过长，已截断）"));
}

#[test]
fn our_own_csv_comes_back_as_it_was() {
    let hints = Hints { neutralised: true, ..Hints::default() };
    let bytes = report(ExportFormat::Csv, "a.csv", TEXT);
    let first = Source::open(&super::origin("r.csv", bytes), &hints, &Limits::default()).unwrap().next().unwrap().unwrap();
    assert_eq!(first.get("name"), Some("=1+1"));
}
