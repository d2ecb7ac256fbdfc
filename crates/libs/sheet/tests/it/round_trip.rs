//! What is written is read back the same, whatever it is.

use super::origin;
use linli_sheet::{Export, ExportCell, ExportFormat, Hints, Lang, Limits, Source};
use proptest::prelude::*;

fn written(format: ExportFormat, table: &[Vec<String>]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut export = Export::new(&mut out, format, &["a", "b", "c"], Lang::Zh).unwrap();
    for row in table {
        let cells: Vec<ExportCell<'_>> = row.iter().map(|text| ExportCell::Text(text)).collect();
        export.row(&cells).unwrap();
    }
    export.finish().unwrap();
    out
}

fn read(name: &str, bytes: Vec<u8>) -> Vec<Vec<String>> {
    let hints = Hints { neutralised: name.ends_with("csv"), ..Hints::default() };
    let source = Source::open(&origin(name, bytes), &hints, &Limits::default()).unwrap();
    source
        .map(|row| {
            let row = row.unwrap();
            let mut cells: Vec<String> = row.raw_cells().map(str::to_owned).collect();
            cells.resize(3, String::new());
            cells
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn csv_round_trip(table in prop::collection::vec(prop::collection::vec("[a-c'=@+\\-0-9.,;\"\t\r\n 王芳㛃𬍛，＝]{0,8}", 3), 1..12)) {
        // A row without any text is left out by the reader, as it should be.
        let table: Vec<Vec<String>> = table.into_iter().map(|mut row| { row[0].insert(0, 'x'); row }).collect();
        prop_assert_eq!(read("a.csv", written(ExportFormat::Csv, &table)), table);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn xlsx_round_trip(table in prop::collection::vec(prop::collection::vec("[a-c'=@+\\-0-9.,;\"<&>\t\n 王芳㛃𬍛，＝]{0,8}", 3), 1..12)) {
        let table: Vec<Vec<String>> = table.into_iter().map(|mut row| { row[0].insert(0, 'x'); row }).collect();
        prop_assert_eq!(read("a.xlsx", written(ExportFormat::Xlsx, &table)), table);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), name in "a\\.(csv|json|xlsx|geojson|ndjson)") {
        if let Ok(source) = Source::open(&origin(&name, bytes), &Hints::default(), &Limits::default()) {
            source.for_each(drop);
        }
    }
}
