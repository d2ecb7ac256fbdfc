//! Thresholds: the worked cases, the seven edges of every threshold, and everything against a count by hand.

use linli_kernel::{Area, PlacePath, Ts};
use linli_rulebook::Rulebook;
use proptest::prelude::*;

use super::count::{Cast, CountError, Tally, judge, tally};
use super::*;
use crate::model::{Choice, Measure, Silent, Verdict};

fn pack(id: &str) -> Pack {
    let book = Rulebook::builtin(&PACKS).unwrap();
    let at = Ts::from_local(jiff::civil::date(2026, 11, 24).at(9, 0, 0, 0)).unwrap();
    book.get::<Pack>(id, &PlacePath::root(), at).unwrap().value.clone()
}

fn national(no: i64) -> Threshold {
    pack(IDS[0]).threshold(no).unwrap()
}

fn by(threshold: &Threshold, all: Measure, part: Measure, yes: Measure) -> Verdict {
    judge(threshold, (all, part, part), yes)
}

#[test]
fn the_nine_matters_are_in_their_classes() {
    for id in IDS {
        let pack = pack(id);
        let special: Vec<i64> = pack.matters().iter().filter(|m| pack.class_of(m.no) == Some("special")).map(|m| m.no).collect();
        assert_eq!((pack.matters().len(), special), (9, vec![6, 7, 8]), "{id}");
    }
}

/// `domain-facts` 1.5: the worked cases.
#[test]
fn the_worked_cases() {
    let all = Measure::new(120_000, 12);
    let exact = by(&national(7), all, Measure::new(80_000, 8), Measure::new(60_000, 6));
    assert_eq!(exact, Verdict::Passed, "exact quorum and exact three quarters");
    let short = by(&national(7), all, Measure::new(80_000, 7), Measure::new(80_000, 7));
    assert_eq!(short, Verdict::NoQuorum, "one head short");
    let half = by(&national(5), all, Measure::new(80_000, 8), Measure::new(40_000, 4));
    assert_eq!(half, Verdict::Rejected, "exactly half is not more than half");
    // One buyer owns 3 of 12 parts: heads count once, the area fully.
    let heads = [1, 2, 3, 1, 4, 5, 6, 1, 7, 8, 9, 10];
    let seats: Vec<Cast<'_>> =
        (1..).zip(heads).map(|(seat, head)| Cast { seat, area: Area(10_000), head, choices: None }).collect();
    assert_eq!(tally(&seats, 1, Silent::NotParticipating).unwrap().all, Measure::new(120_000, 10));
}

/// Seven edges of a threshold: at it, one hundredth of a square metre below, one head below, both below, area above and heads below, heads above and area
/// below, both above. `at` reaches it exactly by both counts.
fn seven(at: Measure) -> [(Measure, bool); 7] {
    let off = |area: i64, heads: i64| Measure::new(at.area.0 + area, at.heads + heads);
    [
        (at, true),
        (off(-1, 0), false),
        (off(0, -1), false),
        (off(-1, -1), false),
        (off(1, -1), false),
        (off(-1, 1), false),
        (off(1, 1), true),
    ]
}

#[test]
fn the_seven_edges_of_the_quorum() {
    let all = Measure::new(99_999, 999);
    for no in 1..=9 {
        for (part, reaches) in seven(Measure::new(66_666, 666)) {
            let verdict = by(&national(no), all, part, part);
            assert_eq!(verdict != Verdict::NoQuorum, reaches, "matter {no}, {part:?} of {all:?}");
        }
    }
}

#[test]
fn the_seven_edges_of_three_quarters() {
    let (all, part) = (Measure::new(100_000, 1_000), Measure::new(80_000, 800));
    for no in [6, 7, 8] {
        for (yes, reaches) in seven(Measure::new(60_000, 600)) {
            let verdict = by(&national(no), all, part, yes);
            assert_eq!(verdict, if reaches { Verdict::Passed } else { Verdict::Rejected }, "matter {no}, {yes:?}");
        }
    }
}

#[test]
fn the_seven_edges_of_more_than_half() {
    let (all, part) = (Measure::new(100_000, 1_000), Measure::new(80_000, 800));
    for no in [1, 2, 3, 4, 5, 9] {
        // The least that is more than half.
        for (yes, reaches) in seven(Measure::new(40_001, 401)) {
            let verdict = by(&national(no), all, part, yes);
            assert_eq!(verdict, if reaches { Verdict::Passed } else { Verdict::Rejected }, "matter {no}, {yes:?}");
        }
        assert_eq!(by(&national(no), all, part, Measure::new(40_000, 401)), Verdict::Rejected, "half of the area");
        assert_eq!(by(&national(no), all, part, Measure::new(40_001, 400)), Verdict::Rejected, "half of the heads");
    }
}

#[test]
fn what_rounds_to_two_thirds_is_not_two_thirds() {
    let all = Measure::new(1_000_000, 3_000);
    let nearly = Measure::new(666_666, 2_000);
    assert_eq!(by(&national(5), all, nearly, nearly), Verdict::NoQuorum, "66.6666 % of the area");
    let nearly = Measure::new(666_700, 1_999);
    assert_eq!(by(&national(5), all, nearly, nearly), Verdict::NoQuorum, "66.63 % of the heads");
    let enough = Measure::new(666_667, 2_000);
    assert_eq!(by(&national(5), all, enough, enough), Verdict::Passed);
}

#[test]
fn a_majority_of_all_is_counted_of_all() {
    let threshold = Threshold { base: Base::All, exceed: false, approve: national(7).quorum, ..national(7) };
    let all = Measure::new(90_000, 9);
    assert_eq!(by(&threshold, all, Measure::new(80_000, 8), Measure::new(60_000, 6)), Verdict::Passed);
    assert_eq!(by(&threshold, all, Measure::new(80_000, 8), Measure::new(59_999, 6)), Verdict::Rejected);
}

#[test]
fn nobody_decides_nothing() {
    for no in 1..=9 {
        assert_eq!(by(&national(no), Measure::default(), Measure::default(), Measure::default()), Verdict::NoQuorum);
    }
}

#[test]
fn a_head_whose_homes_differ_agrees_to_nothing() {
    let (yes, no) = ([Choice::Yes], [Choice::No]);
    let seat = |seat, head, choices| Cast { seat, area: Area(5_000), head, choices };
    let seats = [seat(1, 1, Some(&yes[..])), seat(2, 1, Some(&no[..])), seat(3, 2, Some(&yes[..])), seat(4, 2, None)];
    let counted = tally(&seats, 1, Silent::NotParticipating).unwrap();
    assert_eq!((counted.all, counted.part, counted.homes), (Measure::new(20_000, 2), Measure::new(15_000, 2), 3));
    let topic = counted.topics[0];
    assert_eq!((topic.yes, topic.no, topic.split), (Measure::new(10_000, 1), Measure::new(5_000, 0), 1));
}

#[test]
fn silence_follows_the_assemblys_rules_and_makes_no_quorum() {
    let yes = [Choice::Yes];
    let seats: Vec<Cast<'_>> =
        (1..=9).map(|seat| Cast { seat, area: Area(10_000), head: seat, choices: (seat <= 6).then_some(&yes[..]) }).collect();
    let count = |silent| tally(&seats, 1, silent).unwrap();
    let special = national(7);
    let verdict = |tally: &Tally| judge(&special, (tally.all, tally.part, tally.counted), tally.topics[0].yes);
    assert_eq!(count(Silent::NotParticipating).counted, Measure::new(60_000, 6));
    assert_eq!(verdict(&count(Silent::NotParticipating)), Verdict::Passed);
    assert_eq!(verdict(&count(Silent::Abstain)), Verdict::Rejected, "six of nine are fewer than three quarters");
    let with = count(Silent::Majority);
    assert_eq!((verdict(&with), with.topics[0].yes), (Verdict::Passed, Measure::new(90_000, 9)));
    let fewer = tally(
        &seats[..6].iter().map(|seat| Cast { choices: (seat.seat < 4).then_some(&yes[..]), ..*seat }).collect::<Vec<_>>(),
        1,
        Silent::Majority,
    )
    .unwrap();
    assert_eq!(verdict(&fewer), Verdict::NoQuorum, "three of six took part, however silence is counted");
}

#[test]
fn seats_that_contradict_themselves_are_not_counted() {
    let good = Cast { seat: 1, area: Area(1), head: 1, choices: None };
    let of = |seats: &[Cast<'_>]| tally(seats, 1, Silent::NotParticipating).unwrap_err();
    assert_eq!(of(&[good, good]), CountError::Seat { seat: 1 });
    assert_eq!(of(&[Cast { area: Area(-1), ..good }]), CountError::Area { seat: 1 });
    assert_eq!(of(&[Cast { head: 2, ..good }]), CountError::Head { seat: 1 });
    assert_eq!(of(&[Cast { choices: Some(&[]), ..good }]), CountError::Choices { seat: 1 });
    assert_eq!(of(&[Cast { choices: Some(&[Choice::Yes, Choice::No]), ..good }]), CountError::Choices { seat: 1 });
}

/// Long division of the schoolbook: whether `part / whole` lies at, or above, `over / under`, decided digit by digit and not by products.
fn compared(part: i64, whole: i64, (over, under): (i64, i64)) -> std::cmp::Ordering {
    let (mut a, mut b) = ((part, whole), (over, under));
    loop {
        let order = (a.0 / a.1).cmp(&(b.0 / b.1));
        if order.is_ne() {
            return order;
        }
        let (rest_a, rest_b) = (a.0 % a.1, b.0 % b.1);
        match (rest_a, rest_b) {
            (0, 0) => return std::cmp::Ordering::Equal,
            (0, _) => return std::cmp::Ordering::Less,
            (_, 0) => return std::cmp::Ordering::Greater,
            _ => {}
        }
        // p/q < r/s exactly where s/r < q/p.
        (a, b) = ((b.1, rest_b), (a.1, rest_a));
    }
}

fn by_hand(no: i64, all: Measure, part: Measure, yes: Measure) -> Verdict {
    let both = |one: Measure, of: Measure, share, strict| {
        [(one.area.0, of.area.0), (one.heads, of.heads)].into_iter().all(|(one, of)| {
            of > 0 && {
                let order = compared(one, of, share);
                if strict { order.is_gt() } else { order.is_ge() }
            }
        })
    };
    if !both(part, all, (2, 3), false) {
        return Verdict::NoQuorum;
    }
    let agreed = if (6..=8).contains(&no) { both(yes, part, (3, 4), false) } else { both(yes, part, (1, 2), true) };
    if agreed { Verdict::Passed } else { Verdict::Rejected }
}

/// One of three measures, each within the one before, often right at a threshold.
fn measures() -> impl Strategy<Value = (Measure, Measure, Measure)> {
    (0_i64..4_000_000, 0_i64..4_000, 0_i64..=100, 0_i64..=100, -2_i64..=2, -2_i64..=2).prop_map(|(area, heads, a, b, c, d)| {
        let near = |whole: i64, percent: i64, off: i64, third: bool| {
            let at = match percent {
                0..=30 if third => whole * 2 / 3,
                0..=20 => whole * 3 / 4,
                21..=40 => whole / 2,
                _ => whole * percent / 100,
            };
            (at + off).clamp(0, whole)
        };
        let all = Measure::new(area, heads);
        let part = Measure::new(near(area, a, c, true), near(heads, a, d, true));
        let yes = Measure::new(near(part.area.0, b, d, false), near(part.heads, b, c, false));
        (all, part, yes)
    })
}

/// Area, number of the owner, what was said.
type Told = (i64, i64, Option<Vec<Choice>>);

fn seats_of() -> impl Strategy<Value = Vec<Told>> {
    let choice = prop::sample::select(Choice::ALL.to_vec());
    let one = (0_i64..20_000, 0_usize..6, prop::option::of(prop::collection::vec(choice, 2)));
    prop::collection::vec(one, 0..40).prop_map(|seats| {
        let mut heads = Vec::new();
        let mut numbered = Vec::new();
        for (area, owner, choices) in seats {
            let at = heads.iter().position(|known| *known == owner).unwrap_or_else(|| {
                heads.push(owner);
                heads.len() - 1
            });
            numbered.push((area, i64::try_from(at).unwrap() + 1, choices));
        }
        numbered
    })
}

proptest! {
    #[test]
    fn thresholds_are_those_of_long_division((all, part, yes) in measures(), no in 1_i64..=9) {
        prop_assert_eq!(by(&national(no), all, part, yes), by_hand(no, all, part, yes));
    }

    #[test]
    fn the_count_is_that_of_a_child(seats in seats_of()) {
        let casts: Vec<Cast<'_>> = (1..).zip(&seats)
            .map(|(seat, (area, head, choices))| Cast { seat, area: Area(*area), head: *head, choices: choices.as_deref() })
            .collect();
        let counted = tally(&casts, 2, Silent::NotParticipating).unwrap();
        let owners = |keep: &dyn Fn(&Told) -> bool| {
            let mut heads: Vec<i64> = seats.iter().filter(|seat| keep(seat)).map(|seat| seat.1).collect();
            heads.sort_unstable();
            heads.dedup();
            heads
        };
        prop_assert_eq!(counted.all, Measure::new(seats.iter().map(|seat| seat.0).sum(), i64::try_from(owners(&|_| true).len()).unwrap()));
        let came: Vec<_> = seats.iter().filter(|seat| seat.2.is_some()).collect();
        let part = Measure::new(came.iter().map(|seat| seat.0).sum(), i64::try_from(owners(&|seat| seat.2.is_some()).len()).unwrap());
        prop_assert_eq!((counted.part, counted.counted), (part, part));
        for topic in 0..2 {
            let said = |seat: &Told| seat.2.as_ref().map(|all| all[topic]);
            let area: i64 = seats.iter().filter(|seat| said(seat) == Some(Choice::Yes)).map(|seat| seat.0).sum();
            let heads = owners(&|seat| said(seat) == Some(Choice::Yes)).into_iter()
                .filter(|head| seats.iter().filter(|seat| seat.1 == *head).filter_map(said).all(|one| one == Choice::Yes))
                .count();
            prop_assert_eq!(counted.topics[topic].yes, Measure::new(area, i64::try_from(heads).unwrap()));
            let one = counted.topics[topic];
            prop_assert_eq!(one.yes.area.0 + one.no.area.0 + one.abstain.area.0 + one.blank.area.0, part.area.0);
            prop_assert_eq!(one.yes.heads + one.no.heads + one.abstain.heads + one.blank.heads + one.split, part.heads);
        }
    }
}

#[test]
fn a_pack_that_cannot_be_is_refused() {
    let refused = |from: &str, to: &str| {
        let text = PACKS[0].1.replace(from, to);
        assert_ne!(text, PACKS[0].1, "the change changes something");
        Rulebook::builtin(&[])
            .and_then(|book| book.load_dir(vec![("national.toml".to_owned(), text)]))
            .and_then(|book| book.check::<Pack>(IDS[0]))
            .unwrap_err()
            .to_string()
    };
    assert!(refused("{ part = 3, whole = 4 }", "{ part = 5, whole = 4 }").contains("between nothing and the whole"));
    assert!(refused("{ part = 1, whole = 2 }", "{ part = 2, whole = 2 }").contains("exceeds the whole"));
    assert!(refused("no = 2\n", "no = 1\n").contains("twice"));
    assert!(refused("class = \"special\"\nzh = \"筹集", "class = \"large\"\nzh = \"筹集").contains("has no class large"));
    assert!(refused("window_most_days = 60", "window_most_days = 0").contains("open for some days"));
    assert!(refused("\"window\", \"result\"", "\"weather\", \"result\"").contains("a part that there is not"));
}

#[test]
fn each_region_has_what_its_law_says() {
    let (beijing, hangzhou) = (pack(IDS[1]), pack(IDS[2]));
    assert_eq!((beijing.procedure.online, hangzhou.procedure.online), (Online::Official, Online::Here));
    assert_eq!((hangzhou.notice(Call::Regular).amount(), hangzhou.notice(Call::AdHoc).amount()), (15, 7));
    assert_eq!((hangzhou.procedure.window_least_days, hangzhou.procedure.window_most_days), (5, 60));
    assert!(beijing.unsure().iter().all(|part| part != "online" && part != "notice"), "these were read");
}
