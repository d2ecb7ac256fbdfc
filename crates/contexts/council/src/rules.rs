//! The rule pack of meetings (议事规则): the table by which a meeting moves, what each kind asks for, the counting of a residents' vote.

use std::collections::{BTreeMap, BTreeSet};

use linli_calendar::{Calendar, Term};
use linli_kernel::Ts;
use linli_rulebook::Contradiction;
use serde::Deserialize;

use crate::model::{Event, Kind, Party, Ruling, State, Tally};

/// The id of the pack.
pub const ID: &str = "council.meetings";

/// The packs that ship with this room: file name and text.
pub const PACKS: [(&str, &str); 1] = [("council/meetings.toml", include_str!("../rules/meetings.toml"))];

/// What a kind of meeting asks for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfKind {
    kind: Kind,
    notice_days: u32,
    /// Whether a shorter notice with a stated reason is possible.
    pub may_shorten: bool,
    /// Without these it is not held.
    pub must: Vec<Party>,
    /// That these did not come is said in the result.
    pub should: Vec<Party>,
    /// These confirm the minutes, where they were there.
    pub confirm: Vec<Party>,
    /// Within so many days the result is public.
    pub publish_days: i64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    state: State,
    event: Event,
    to: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Share {
    more_than: (i64, i64),
}

impl Share {
    const fn sound(self) -> bool {
        self.more_than.0 >= 0 && self.more_than.1 > 0 && self.more_than.0 < self.more_than.1
    }

    /// Whether a part is strictly more than the share of a whole: whole numbers, no rounding.
    fn passed_by(self, part: i64, whole: i64) -> bool {
        let (over, under) = self.more_than;
        i128::from(part) * i128::from(under) > i128::from(whole) * i128::from(over)
    }
}

/// How heads of a residents' meeting are counted (居民会议表决).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vote {
    /// Where it is written.
    pub citation: String,
    /// Whether the text was read.
    pub verified: bool,
    attend: Share,
    agree: Share,
}

/// How the months of joint meetings are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Months {
    /// How many months are shown.
    pub shown: usize,
    /// From so many days before its end on a month without a meeting is reminded of.
    pub remind_days: i64,
}

/// What is asked of proposals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposals {
    /// With so many homes behind it, it should be on an agenda.
    pub seconds: i64,
    /// Whether somebody looks at it before it is shown.
    pub looked_at: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    kind: Vec<OfKind>,
    step: Vec<Row>,
    vote: Vote,
    month: Months,
    proposal: Proposals,
}

/// The pack, read. Refused when a kind is missing or twice, an end has a way out, a share cannot be, or a state can be reached from which no way
/// leads to an end.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct Council {
    kinds: BTreeMap<Kind, OfKind>,
    notices: BTreeMap<Kind, Option<Term>>,
    steps: BTreeMap<(State, Event), State>,
    vote: Vote,
    month: Months,
    proposal: Proposals,
}

/// A period of days as the Civil Code counts them: none for no days.
fn period(days: u32) -> Result<Option<Term>, Contradiction> {
    if days == 0 {
        return Ok(None);
    }
    let data = format!(r#"{{"unit":"calendar_days","amount":{days},"roll_over":true}}"#);
    serde_json::from_str(&data).map(Some).map_err(|error| Contradiction(error.to_string()))
}

/// A state that can be reached from a draft and from which no way leads to an end.
fn stuck(steps: &BTreeMap<(State, Event), State>) -> Option<State> {
    let mut reached = BTreeSet::from([State::Draft]);
    let mut good = BTreeSet::from([State::Published, State::Cancelled]);
    loop {
        let before = (reached.len(), good.len());
        for ((state, _), to) in steps {
            if reached.contains(state) {
                reached.insert(*to);
            }
            if good.contains(to) {
                good.insert(*state);
            }
        }
        if before == (reached.len(), good.len()) {
            return reached.difference(&good).next().copied();
        }
    }
}

impl TryFrom<Body> for Council {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        let refuse = |what: &str| Err(Contradiction(what.to_owned()));
        let mut steps = BTreeMap::new();
        for row in &body.step {
            if steps.insert((row.state, row.event), row.to).is_some() {
                return refuse("a step is there twice");
            }
        }
        if steps.keys().any(|(state, _)| *state == State::Cancelled) {
            return refuse("what was cancelled has a way out");
        }
        if let Some(state) = stuck(&steps) {
            return Err(Contradiction(format!("no way leads from {state} to an end")));
        }
        // What hangs on the boards as the result rests on minutes that were approved.
        if steps.iter().any(|((state, event), _)| *event == Event::Publish && *state != State::Approved) {
            return refuse("a result would be published without approved minutes");
        }
        if !body.vote.attend.sound() || !body.vote.agree.sound() {
            return refuse("a share lies between nothing and the whole");
        }
        if body.month.shown == 0 || body.month.shown > 36 || !(0..=28).contains(&body.month.remind_days) {
            return refuse("one to thirty-six months are shown, and the reminder lies within a month");
        }
        if body.proposal.seconds < 1 {
            return refuse("a proposal needs at least one home behind it");
        }
        let (mut kinds, mut notices) = (BTreeMap::new(), BTreeMap::new());
        for one in body.kind {
            if one.must.is_empty() || one.publish_days < 0 || one.notice_days > 366 {
                return refuse("a kind has somebody who must be there, and its days are none below nothing");
            }
            notices.insert(one.kind, period(one.notice_days)?);
            if kinds.insert(one.kind, one).is_some() {
                return refuse("a kind is there twice");
            }
        }
        if kinds.len() != Kind::ALL.len() {
            return refuse("a kind is missing");
        }
        Ok(Self { kinds, notices, steps, vote: body.vote, month: body.month, proposal: body.proposal })
    }
}

impl Council {
    /// What a kind asks for. Every kind is there.
    #[must_use]
    pub fn of(&self, kind: Kind) -> Option<&OfKind> {
        self.kinds.get(&kind)
    }

    /// Where a step leads; none where the table has no such step.
    #[must_use]
    pub fn step(&self, state: State, event: Event) -> Option<State> {
        self.steps.get(&(state, event)).copied()
    }

    /// The first instant at which a meeting may begin that is told of at an instant: after the period of notice has ended (民法典 arts 200–204: the
    /// day of the notice does not count, and a last day that is a statutory day off is moved to the next working day).
    #[must_use]
    pub fn earliest(&self, kind: Kind, calendar: &Calendar, told: Ts) -> Ts {
        let term = self.notices.get(&kind).and_then(Option::as_ref);
        term.and_then(|term| calendar.deadline(told, term, &[]).due()).unwrap_or(told)
    }

    /// By when the result of a meeting that was held at an instant is public.
    #[must_use]
    pub fn publish_by(&self, kind: Kind, held: Ts) -> Ts {
        held.plus_secs(self.of(kind).map_or(0, |of| of.publish_days) * 86_400)
    }

    /// How a residents' vote ends.
    #[must_use]
    pub fn ruling(&self, tally: &Tally) -> Ruling {
        if !self.vote.attend.passed_by(tally.present, tally.eligible) {
            Ruling::NoQuorum
        } else if self.vote.agree.passed_by(tally.yes, tally.present) {
            Ruling::Passed
        } else {
            Ruling::Failed
        }
    }

    /// How a residents' vote is counted.
    #[must_use]
    pub const fn vote(&self) -> &Vote {
        &self.vote
    }

    /// How months are looked at.
    #[must_use]
    pub const fn months(&self) -> Months {
        self.month
    }

    /// What is asked of proposals.
    #[must_use]
    pub const fn proposals(&self) -> Proposals {
        self.proposal
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Represented;

    fn book() -> std::sync::Arc<linli_rulebook::Rule<Council>> {
        let book = linli_rulebook::Rulebook::builtin(&PACKS).unwrap();
        book.get::<Council>(ID, &linli_kernel::PlacePath::root(), at(24, 9)).unwrap()
    }

    fn at(day: i8, hour: i8) -> Ts {
        Ts::from_local(jiff::civil::date(2026, 11, day).at(hour, 0, 0, 0)).unwrap()
    }

    fn refused(change: impl Fn(&str) -> String) -> String {
        let text = change(PACKS[0].1);
        assert_ne!(text, PACKS[0].1, "the change changes something");
        linli_rulebook::Rulebook::builtin(&[])
            .and_then(|book| book.load_dir(vec![("meetings.toml".to_owned(), text)]))
            .and_then(|book| book.check::<Council>(ID))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_table_that_cannot_be_is_refused() {
        assert!(
            refused(|text| text
                .replace("event = \"hold\"\nto = \"held\"", "event = \"hold\"\nto = \"called\"")
                .replace("event = \"cancel\"\nto = \"cancelled\"", "event = \"cancel\"\nto = \"called\""))
            .contains("no way leads")
        );
        assert!(
            refused(|text| text.replace("state = \"approved\"\nevent = \"publish\"", "state = \"held\"\nevent = \"publish\""))
                .contains("approved minutes")
        );
        assert!(
            refused(|text| text.replace("attend = { more_than = [1, 2] }", "attend = { more_than = [2, 2] }")).contains("share")
        );
        assert!(refused(|text| text.replace("kind = \"hearing\"", "kind = \"single\"")).contains("twice"));
        assert!(refused(|text| text.replace("seconds = 5", "seconds = 0")).contains("at least one home"));
    }

    #[test]
    fn a_notice_is_counted_from_the_next_day_and_rolls_over_a_day_off() {
        let (rules, calendar) = (book(), Calendar::builtin().unwrap());
        // Told on Tuesday: three days end with Friday, the meeting may be on Saturday.
        assert_eq!(rules.value.earliest(Kind::Joint, &calendar, at(24, 9)), at(28, 0));
        // Told on Wednesday: the third day is a Saturday, a day off, so the period ends with Monday.
        let after_weekend = Ts::from_local(jiff::civil::date(2026, 12, 1).at(0, 0, 0, 0)).unwrap();
        assert_eq!(rules.value.earliest(Kind::Joint, &calendar, at(25, 9)), after_weekend);
        assert!(!rules.stamp.verified, "nobody has checked it");
    }

    const fn tally(eligible: i64, present: i64, yes: i64) -> Tally {
        Tally { represented: Represented::Households, eligible, present, yes, no: present - yes, abstained: 0 }
    }

    #[test]
    fn half_is_not_more_than_half() {
        let rules = book();
        for (eligible, present, yes, ruling) in [
            (100, 50, 50, Ruling::NoQuorum),
            (100, 51, 25, Ruling::Failed),
            (100, 51, 26, Ruling::Passed),
            (101, 51, 26, Ruling::Passed),
            (101, 50, 50, Ruling::NoQuorum),
            (100, 60, 30, Ruling::Failed),
            (100, 60, 31, Ruling::Passed),
        ] {
            assert_eq!(rules.value.ruling(&tally(eligible, present, yes)), ruling, "{present}/{eligible}, {yes}");
        }
    }

    proptest! {
        /// The rule against counting it out by halves of twice the numbers.
        #[test]
        fn a_ruling_is_what_counting_says(eligible in 1_i64..2_000, present_share in 0_i64..=100, yes_share in 0_i64..=100) {
            let present = eligible * present_share / 100;
            let yes = present * yes_share / 100;
            let absent = eligible - present;
            let others = present - yes;
            let expected = if present <= absent { Ruling::NoQuorum } else if yes > others { Ruling::Passed } else { Ruling::Failed };
            prop_assert_eq!(book().value.ruling(&tally(eligible, present, yes)), expected);
        }
    }
}
