use linli_kernel::PlacePath;
use linli_rulebook::{Origin, Rulebook, SharedRulebook};

use crate::{Quorum, noon, pack};

const SHIPPED: &str = include_str!("../data/council.quorum.toml");

/// What a room would do: decides by the rule, cites it, and writes it into its journal line.
fn decide(book: &Rulebook, present: u32, all: u32) -> (bool, String, serde_json::Value) {
    let rule = book.get::<Quorum>("council.quorum", &PlacePath::root(), noon("2026-07-01")).unwrap();
    let met = u64::from(present) * u64::from(rule.value.denominator) >= u64::from(all) * u64::from(rule.value.numerator);
    let citation = &rule.stamp.citation;
    let cited = format!("{} {}", citation.title, citation.article.clone().unwrap_or_default());
    (met, cited, serde_json::json!({ "met": met, "rule": rule.stamp.as_facts() }))
}

#[test]
fn changing_data_changes_the_outcome_its_citation_and_its_journal_line() {
    let shared = SharedRulebook::new(Rulebook::builtin(&[("council.quorum.toml", SHIPPED)]).unwrap());
    let (met, cited, line) = decide(&shared.load(), 7, 12);
    assert!(!met);
    assert_eq!(cited, "中华人民共和国民法典 第二百七十八条");
    assert_eq!(line["rule"]["version"], "2021-01");
    assert_eq!(line["rule"]["verified"], true);
    assert_eq!(line["rule"]["citation"]["url"], "https://example.org/civil-code");

    let other = SHIPPED
        .replace("numerator = 2", "numerator = 1")
        .replace("2021-01\"", "2021-01-试行\"")
        .replace("第二百七十八条", "试行办法第三条")
        .replace("verified = true", "verified = false");
    let shipped = Rulebook::builtin(&[("council.quorum.toml", SHIPPED)]).unwrap();
    let old = shared.replace(shipped.load_dir(vec![("rules/quorum.toml".to_owned(), other)]).unwrap());
    let (met, cited, changed) = decide(&shared.load(), 7, 12);
    assert!(met);
    assert_eq!(cited, "中华人民共和国民法典 试行办法第三条");
    assert_eq!(changed["rule"]["version"], "2021-01-试行");
    assert_eq!(changed["rule"]["verified"], false);
    assert_ne!(changed["rule"]["digest"], line["rule"]["digest"]);
    assert_eq!(decide(&old, 7, 12).2, line, "whoever still holds the old book decides by it");
}

#[test]
fn a_pack_changed_under_its_old_version_is_told_by_its_digest() {
    let stamp = |numerator| {
        let book = crate::load(&[pack("1", "valid_from = 2026-01-01", numerator)]).unwrap();
        book.stamp("council.quorum", &PlacePath::root(), noon("2026-07-01")).unwrap().clone()
    };
    let (one, other) = (stamp(1), stamp(2));
    assert_eq!(one.version, other.version);
    assert_ne!(one.digest, other.digest);
    assert_eq!(one.digest.len(), 16);
    assert_eq!(one.origin, Origin::Local);
    assert!(!one.verified, "nothing is verified unless it says so");
}

#[test]
fn all_bodies_are_checked_at_the_start() {
    let book = crate::load(&[
        pack("1", "valid_from = 2026-01-01\nvalid_to = 2026-06-30", 1),
        pack("2", "valid_from = 2026-07-01", 2).replace("denominator = 3", "denominator = \"three\""),
    ])
    .unwrap();
    assert!(book.get::<Quorum>("council.quorum", &PlacePath::root(), noon("2026-03-01")).is_ok());
    let error = book.check::<Quorum>("council.quorum").unwrap_err().to_string();
    assert!(error.starts_with("1.toml, line 11, body.denominator: "), "{error}");
    let good = crate::load(&[pack("1", "valid_from = 2026-01-01", 1)]).unwrap();
    assert_eq!(good.check::<Quorum>("council.quorum").unwrap(), 1);
}
