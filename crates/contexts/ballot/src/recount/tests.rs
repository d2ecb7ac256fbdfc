//! A file counts to its result, and no byte of it can be changed without its line being named.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::model::Choice;
use crate::rules::{IDS, PACKS, Pack};

fn threshold(no: i64) -> Threshold {
    let book = linli_rulebook::Rulebook::builtin(&PACKS).unwrap();
    let at = linli_kernel::Ts::from_local(jiff::civil::date(2026, 11, 24).at(9, 0, 0, 0)).unwrap();
    book.get::<Pack>(IDS[0], &linli_kernel::PlacePath::root(), at).unwrap().value.threshold(no).unwrap()
}

/// A file of these seats: area, head, what was said.
fn file(seats: &[(i64, i64, Option<Choice>)]) -> (String, String) {
    let vote = VoteId(Uuid::from_u128(7));
    let topic = TopicHead {
        no: 1,
        text: "加装电梯".to_owned(),
        matter: Some(7),
        matter_text: "改建".to_owned(),
        threshold: Some(threshold(7)),
    };
    let said: Vec<Option<Choices>> = seats.iter().map(|seat| seat.2.map(|one| Choices::new(vec![one]))).collect();
    let casts: Vec<Cast<'_>> = (1..)
        .zip(seats)
        .zip(&said)
        .map(|((seat, (area, head, _)), said)| Cast {
            seat,
            area: Area(*area),
            head: *head,
            choices: said.as_ref().map(Choices::all),
        })
        .collect();
    let tally = count::tally(&casts, 1, Silent::NotParticipating).unwrap();
    let header = Header {
        format: FORMAT.to_owned(),
        vote,
        number: "2026-001".to_owned(),
        title: "一号院".to_owned(),
        place: "锁金村一号院".to_owned(),
        mode: Mode::Binding,
        rule: "ballot.rules@2021.1#0".to_owned(),
        law: "民法典".to_owned(),
        article: "第二百七十八条".to_owned(),
        verified: true,
        silent: Silent::NotParticipating,
        silent_basis: String::new(),
        posted_at: String::new(),
        opened_at: String::new(),
        closed_at: String::new(),
        topics: vec![topic],
        all: tally.all,
        homes: i64::try_from(seats.len()).unwrap(),
    };
    let mut writer = Writer::new(&header).unwrap();
    for (cast, said) in casts.iter().zip(&said) {
        let salt = [u8::try_from(cast.seat % 256).unwrap(); 32];
        let line = SeatLine {
            seat: cast.seat,
            home: format!("{}室", cast.seat),
            area: cast.area,
            head: cast.head,
            turn: i64::from(said.is_some()),
            choices: said.as_ref().map(ToString::to_string),
            salt: said.as_ref().map(|_| hex::encode(salt)),
            commitment: said.as_ref().map(|said| commitment(vote, (cast.seat, 1), said, &salt).to_string()),
        };
        writer.seat(&line).unwrap();
    }
    let seal = writer.seal();
    let outcome = Outcome { verdicts: verdicts(&header.topics, &tally), tally };
    (writer.end(&outcome).unwrap(), seal)
}

fn counted(text: &str) -> Result<Recounted, RecountError> {
    recount(text.as_bytes(), &|_, matter| Some(threshold(matter)))
}

fn example() -> (String, String) {
    file(&[(10_000, 1, Some(Choice::Yes)), (10_000, 2, Some(Choice::No)), (12_345, 1, Some(Choice::Yes)), (9_999, 3, None)])
}

/// The chain made anew over lines that were changed: what somebody does who knows the format.
fn chained(lines: &[&str]) -> String {
    let mut text = String::new();
    let mut chain = [0; 32];
    for line in lines {
        let body = format!("{}}}", line.rsplit_once(CHAIN).unwrap().0);
        chain = link(&chain, &body);
        text.push_str(&format!("{}{CHAIN}{}\"}}\n", body.strip_suffix('}').unwrap(), hex::encode(chain)));
    }
    text
}

#[test]
fn a_file_counts_to_its_result() {
    let (text, seal) = example();
    let found = counted(&text).unwrap();
    assert_eq!((found.seal, found.rule_known), (seal, true));
    assert_eq!(found.outcome.verdicts, [Verdict::Rejected], "22345 of 32345 are fewer than three quarters");
    assert_eq!(found.outcome.tally.part, Measure::new(32_345, 2));
}

#[test]
fn the_line_that_was_changed_is_named() {
    let (text, _) = example();
    for (what, to, line) in [
        ("\"choices\":\"n\"", "\"choices\":\"y\"", 3),
        ("12345", "12346", 4),
        ("3室", "4室", 4),
        ("加装", "拆除", 1),
        ("rejected", "passed", 6),
    ] {
        let changed = text.replacen(what, to, 1);
        assert_ne!(changed, text, "{what}");
        assert_eq!(counted(&changed).unwrap_err(), RecountError { line, wrong: Tampered::Chain }, "{what}");
    }
    let lines: Vec<&str> = text.lines().collect();
    let without: Vec<&str> = lines.iter().enumerate().filter(|(at, _)| *at != 2).map(|(_, line)| *line).collect();
    assert_eq!(counted(&format!("{}\n", without.join("\n"))).unwrap_err().line, 3, "a line that is left out");
    assert_eq!(counted(&lines[..4].join("\n")).unwrap_err(), RecountError { line: 5, wrong: Tampered::Ends });
    assert_eq!(counted(&format!("{text}{text}")).unwrap_err(), RecountError { line: 7, wrong: Tampered::Chain });
    assert_eq!(counted("").unwrap_err().wrong, Tampered::Ends);
    assert_eq!(counted("{}\n").unwrap_err().wrong, Tampered::Form);
}

#[test]
fn who_makes_the_chain_anew_is_found_too() {
    let (text, seal) = example();
    let lines: Vec<&str> = text.lines().collect();
    let again = |at: usize, from: &str, to: &str| {
        let changed = lines[at].replacen(from, to, 1);
        assert_ne!(changed, lines[at]);
        let all: Vec<&str> = lines.iter().enumerate().map(|(n, line)| if n == at { changed.as_str() } else { line }).collect();
        chained(&all)
    };
    assert_eq!(
        counted(&again(2, "\"choices\":\"n\"", "\"choices\":\"y\"")).unwrap_err(),
        RecountError { line: 3, wrong: Tampered::Commitment { seat: 2 } }
    );
    assert!(matches!(counted(&again(3, "12345", "12346")).unwrap_err(), RecountError { line: 1, wrong: Tampered::Sum { .. } }));
    assert!(matches!(
        counted(&again(5, "rejected", "passed")).unwrap_err(),
        RecountError { line: 6, wrong: Tampered::Result { .. } }
    ));
    assert_eq!(counted(&again(2, "\"seat\":2", "\"seat\":9")).unwrap_err().line, 3);
    assert_eq!(
        counted(&again(0, "\"exceed\":false", "\"exceed\":true")).unwrap_err(),
        RecountError { line: 1, wrong: Tampered::Rule { topic: 1 } }
    );
    // Of a file that is new from end to end only the seal tells.
    let other = counted(&again(1, "1室", "一室")).unwrap();
    assert_ne!(other.seal, seal);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_was_cast_counts_to_the_result(said in prop::collection::vec((1_i64..30_000, prop::option::of(prop::sample::select(Choice::ALL.to_vec()))), 1..30)) {
        let seats: Vec<(i64, i64, Option<Choice>)> = (1_i64..).zip(&said).map(|(n, (area, said))| (*area, n.div_euclid(2) + 1, *said)).collect();
        let (text, seal) = file(&seats);
        let found = counted(&text).unwrap();
        prop_assert_eq!(found.seal, seal);
        prop_assert_eq!(found.outcome.tally.homes, i64::try_from(said.iter().filter(|one| one.1.is_some()).count()).unwrap());
    }

    #[test]
    fn no_byte_can_be_changed_unseen(at in any::<prop::sample::Index>(), bit in 0_u32..8) {
        let (text, _) = example();
        let mut bytes = text.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let line = bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        let found = recount(&bytes[..], &|_, matter| Some(threshold(matter)));
        // A line end that becomes another byte joins two lines: the joined one is named.
        match found {
            Err(error) => prop_assert!(error.line == line || error.line == line + 1, "{error} instead of {line}"),
            // The last line may end as it likes.
            Ok(_) => prop_assert!(at + 1 == bytes.len() || matches!(bytes[at], b'\r')),
        }
    }
}
