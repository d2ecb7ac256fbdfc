use linli_rulebook::RuleError;

use crate::{Quorum, load, pack};

const FROM: &str = "valid_from = 2026-01-01";

fn refused(text: &str) -> String {
    load(&[text.to_owned()]).unwrap_err().to_string()
}

#[test]
fn a_bad_head_names_file_line_and_field() {
    let good = pack("1", FROM, 2);
    let with = |old: &str, new: &str| {
        assert!(good.contains(old));
        refused(&good.replace(old, new))
    };
    let starts = |error: String, start: &str| assert!(error.starts_with(start), "{error}");
    starts(with("id = \"council.quorum\"\n", ""), "0.toml, line 1, id: missing field");
    starts(with("council.quorum", "Council Quorum"), "0.toml, line 1, id: must be words");
    starts(with("version = \"1\"", "version = 1"), "0.toml, line 2, version: invalid type");
    starts(with("version = \"1\"", "version = \" \""), "0.toml, line 2, version: must not be empty");
    starts(with(FROM, "valid_form = 2026-01-01"), "0.toml, line 3, valid_form: unknown field");
    starts(with(FROM, "valid_from = 2026-02-30"), "0.toml, line 3");
    starts(with(FROM, "valid_from = \"2026-02-30\""), "0.toml, line 3, valid_from: must be a day");
    starts(with(FROM, "valid_from = 2026"), "0.toml, line 3, valid_from: must be a day");
    starts(with(FROM, "valid_from = 2026-01-01T08:00:00"), "0.toml, line 3, valid_from: must be a day");
    starts(with(FROM, "valid_from = 2026-01-01\nvalid_to = 2025-12-31"), "0.toml, line 4, valid_to: must not be before");
    starts(with(FROM, "valid_from = 2026-01-01\nplace = \"00i1\""), "0.toml, line 4, place: not a place path");
    starts(with(FROM, "valid_from = 2026-01-01\nverified = \"yes\""), "0.toml, line 4, verified: invalid type");
    starts(with("title = \"民法典\"\n", ""), "0.toml, line 5, citation.title: missing field");
    starts(with("title = \"民法典\"", "title = \"\""), "0.toml, line 6, citation.title: must not be empty");
    starts(with("article", "artikel"), "0.toml, line 7, citation.artikel: unknown field");
    starts(with("[citation]\ntitle = \"民法典\"\narticle = \"第二百七十八条\"\n", ""), "0.toml, line 1, citation: missing field");
    starts(with("[body]", "[bodi]"), "0.toml, line 9, bodi: unknown field");
    starts(with("[citation]", "[citation"), "0.toml, line 5: ");
    starts(refused("\u{0}"), "0.toml, line 1: ");
    starts(refused(""), "0.toml, line 1, id: missing field");
}

#[test]
fn a_bad_body_names_file_line_and_field() {
    let of = |old: &str, new: &str| {
        let book = load(&[pack("1", FROM, 2).replace(old, new)]).unwrap();
        book.check::<Quorum>("council.quorum").unwrap_err().to_string()
    };
    assert!(
        of("numerator = 2\n", "").starts_with("0.toml, line 9, body.numerator: missing field"),
        "{}",
        of("numerator = 2\n", "")
    );
    assert!(of("numerator = 2", "numerator = -2").starts_with("0.toml, line 10, body.numerator: invalid value"));
    assert!(of("denominator = 3", "denominator = 3\nnote = 1").starts_with("0.toml, line 12, body.note: unknown field"));
}

#[test]
fn a_byte_order_mark_is_no_error() {
    let text = format!("\u{feff}{}", pack("1", FROM, 2));
    assert!(load(&[text]).is_ok());
}

#[test]
fn overlapping_packs_and_repeated_versions_are_refused() {
    let error = load(&[pack("1", FROM, 2), pack("2", "valid_from = 2026-07-01", 2)]).unwrap_err();
    assert!(matches!(&error, RuleError::Overlap { .. }));
    assert_eq!(error.to_string(), "1.toml, valid_from: 'council.quorum' version 2 overlaps version 1 in 0.toml");
    let one_day = "valid_from = 2026-07-01\nvalid_to = 2026-07-01";
    let touching = load(&[pack("1", one_day, 2), pack("2", one_day, 2)]).unwrap_err();
    assert!(matches!(touching, RuleError::Overlap { .. }));
    let same = load(&[pack("1", one_day, 2), pack("1", "valid_from = 2026-07-02", 2)]).unwrap_err();
    assert_eq!(same.to_string(), "1.toml, version: 'council.quorum' version 1 is also in 0.toml");
    let elsewhere = pack("1", "valid_from = 2026-01-01\nplace = \"0001\"", 2);
    assert!(load(&[pack("1", FROM, 2), elsewhere]).is_ok());
    let text = pack("1", FROM, 2).replace("council.quorum", "council.minutes");
    assert!(load(&[pack("1", FROM, 2), text]).is_ok());
}
