use std::sync::Arc;

use linli_kernel::{PlacePath, Ts};
use linli_rulebook::{RuleError, Rulebook};
use proptest::prelude::*;

use crate::{Quorum, load, noon, pack, place};

fn numerator(book: &Rulebook, at_place: &str, date: &str) -> u32 {
    book.get::<Quorum>("council.quorum", &place(at_place), noon(date)).unwrap().value.numerator
}

#[test]
fn the_deepest_place_counts() {
    let book = load(&[
        pack("city", "valid_from = 2026-01-01\nplace = \"0001\"", 2),
        pack("all", "valid_from = 2026-01-01", 1),
        pack("estate", "valid_from = 2026-06-01\nplace = \"00010008000300020001\"", 4),
        pack("district", "valid_from = 2026-01-01\nplace = \"00010008\"", 3),
    ])
    .unwrap();
    assert_eq!(numerator(&book, "", "2026-07-01"), 1);
    assert_eq!(numerator(&book, "0002", "2026-07-01"), 1);
    assert_eq!(numerator(&book, "00010007", "2026-07-01"), 2);
    assert_eq!(numerator(&book, "00010008", "2026-07-01"), 3);
    assert_eq!(numerator(&book, "0001000800030002000100010001", "2026-07-01"), 4);
    assert_eq!(numerator(&book, "00010008000300020001", "2026-05-31"), 3, "the estate's own rule is not valid yet");
    let stamp = book.stamp("council.quorum", &place("000100080001"), noon("2026-07-01")).unwrap();
    assert_eq!(stamp.place, place("00010008"));
}

#[test]
fn validity_runs_from_midnight_to_the_end_of_its_last_day() {
    let book =
        load(&[pack("new", "valid_from = 2026-07-01", 2), pack("old", "valid_from = \"2026-01-01\"\nvalid_to = 2026-06-30", 1)])
            .unwrap();
    let at = |written: &str| {
        let at = Ts::from_local(written.parse::<jiff::civil::DateTime>().unwrap()).unwrap();
        book.get::<Quorum>("council.quorum", &PlacePath::root(), at).map(|rule| rule.stamp.version.clone())
    };
    assert_eq!(at("2026-01-01T00:00:00").unwrap(), "old");
    assert_eq!(at("2026-06-30T23:59:59.999999").unwrap(), "old");
    assert_eq!(at("2026-07-01T00:00:00").unwrap(), "new");
    let error = at("2025-12-31T23:59:59").unwrap_err();
    assert_eq!(error.to_string(), "no rule 'council.quorum' counts at place '' on 2025-12-31");
    let error = book.get::<Quorum>("council.forum", &PlacePath::root(), noon("2026-07-01")).unwrap_err();
    assert_eq!(error, RuleError::Unknown { id: "council.forum".to_owned() });
}

#[test]
fn a_local_pack_counts_before_the_shipped_one_at_its_place_and_for_its_days() {
    const SHIPPED: &str = include_str!("../data/council.quorum.toml");
    let book = Rulebook::builtin(&[("quorum.toml", SHIPPED)]).unwrap();
    let trial = pack("trial", "valid_from = 2026-06-01\nvalid_to = 2026-06-30", 1);
    let book = book.load_dir(vec![("trial.toml".to_owned(), trial)]).unwrap();
    assert_eq!(numerator(&book, "0001", "2026-05-31"), 2);
    assert_eq!(numerator(&book, "0001", "2026-06-01"), 1);
    assert_eq!(numerator(&book, "0001", "2026-07-01"), 2);
    assert_eq!(book.stamps().count(), 2);
    assert_eq!(book.ids().collect::<Vec<_>>(), ["council.quorum"]);
}

#[test]
fn a_body_is_read_once_for_each_type() {
    let book = load(&[pack("1", "valid_from = 2026-01-01", 2)]).unwrap();
    let get = || book.get::<Quorum>("council.quorum", &PlacePath::root(), noon("2026-07-01")).unwrap();
    assert!(Arc::ptr_eq(&get(), &get()));
    let table =
        book.get::<std::collections::BTreeMap<String, u32>>("council.quorum", &PlacePath::root(), noon("2026-07-01")).unwrap();
    assert_eq!(table.value["numerator"], get().value.numerator);
}

proptest! {
    /// Whatever packs are accepted, lookup is the plain reading of the rule: valid, at or above the place, the deepest.
    #[test]
    fn lookup_is_the_plain_reading(packs in prop::collection::vec((0_usize..4, 1_i8..13, prop::option::of(0_i8..6)), 0..8), depth in 0_usize..5, month in 1_i8..13) {
        let path = |depth: usize| (0..depth).fold(PlacePath::root(), |p, _| p.child(1).unwrap());
        let texts: Vec<String> = packs.iter().enumerate().map(|(i, (depth, from, len))| {
            let to = len.map(|len| format!("\nvalid_to = 2026-{:02}-28", (from + len).min(12))).unwrap_or_default();
            let head = format!("valid_from = 2026-{from:02}-01\nplace = \"{}\"{to}", path(*depth));
            pack(&i.to_string(), &head, 1)
        }).collect();
        let overlap = |a: &(usize, i8, Option<i8>), b: &(usize, i8, Option<i8>)| {
            let end = |p: &(usize, i8, Option<i8>)| p.2.map_or(13, |len| (p.1 + len).min(12));
            a.0 == b.0 && a.1 <= end(b) && b.1 <= end(a)
        };
        let clash = packs.iter().enumerate().any(|(i, a)| packs.iter().take(i).any(|b| overlap(a, b)));
        let book = load(&texts);
        prop_assert_eq!(matches!(book, Err(RuleError::Overlap { .. })), clash);
        let Ok(book) = book else { return Ok(()) };
        let counts = |p: &&(usize, i8, Option<i8>)| p.0 <= depth && p.1 <= month && p.2.is_none_or(|len| month <= (p.1 + len).min(12));
        let expected = packs.iter().filter(counts).map(|p| p.0).max();
        let found = book.stamp("council.quorum", &path(depth), noon(&format!("2026-{month:02}-15")));
        prop_assert_eq!(found.ok().map(|stamp| stamp.place.depth()), expected);
    }
}
