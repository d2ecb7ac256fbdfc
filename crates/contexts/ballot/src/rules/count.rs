//! Counting (计票): seats in, numbers and verdicts out. Pure, and in whole numbers.
//!
//! Sources: 民法典第二百七十八条 (quorum and majorities, each by area and by heads); 法释〔2009〕7 号第八条、第九条 (what area and heads are).
//! Our readings, each said in ADR 0042: who hands in a blank or abstains took part; a head whose homes say different things took part and agreed to nothing;
//! silence never makes a quorum.

use linli_kernel::{Area, Fraction};
use serde::{Deserialize, Serialize};

use crate::model::{Choice, Measure, Silent, Verdict};

/// Of what a majority is a part (比例基数).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Base {
    /// 全体业主.
    All,
    /// 参与表决的业主.
    Participants,
}

/// A share by area and by heads; both have to be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shares {
    /// Of the area.
    pub area: Fraction,
    /// Of the heads.
    pub heads: Fraction,
}

impl Shares {
    /// Whether a part of a whole reaches both (以上, the number itself included: 民法典第一千二百五十九条).
    #[must_use]
    pub fn reached_by(self, part: Measure, whole: Measure) -> bool {
        self.area.is_reached_by(part.area.0, whole.area.0) && self.heads.is_reached_by(part.heads, whole.heads)
    }

    /// Whether a part of a whole exceeds both (过半数).
    #[must_use]
    pub fn exceeded_by(self, part: Measure, whole: Measure) -> bool {
        self.area.is_exceeded_by(part.area.0, whole.area.0) && self.heads.is_exceeded_by(part.heads, whole.heads)
    }
}

/// What a matter has to reach (表决规则).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// Who has to take part, of all.
    pub quorum: Shares,
    /// Who has to agree.
    pub approve: Shares,
    /// Whether it has to be exceeded, and not only reached.
    pub exceed: bool,
    /// Of whom.
    pub base: Base,
}

/// What becomes of a matter with these counts. `counted` is the base of the majority where that is who took part: `part`, and those who are counted
/// although they said nothing.
#[must_use]
pub fn judge(threshold: &Threshold, (all, part, counted): (Measure, Measure, Measure), yes: Measure) -> Verdict {
    if !threshold.quorum.reached_by(part, all) {
        return Verdict::NoQuorum;
    }
    let of = match threshold.base {
        Base::All => all,
        Base::Participants => counted,
    };
    let agreed = if threshold.exceed { threshold.approve.exceeded_by(yes, of) } else { threshold.approve.reached_by(yes, of) };
    if agreed { Verdict::Passed } else { Verdict::Rejected }
}

/// A seat as the count sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cast<'a> {
    /// Its number, from 1, each one more than the one before.
    pub seat: i64,
    /// Its area.
    pub area: Area,
    /// Its owner's number among the owners, from 1 without gaps.
    pub head: i64,
    /// What its ballot says, matter by matter; none where none came.
    pub choices: Option<&'a [Choice]>,
}

/// Seats that contradict themselves. Nothing is counted then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CountError {
    /// Not one more than the one before.
    #[error("seat {seat} is there twice or out of order")]
    Seat {
        /// Which.
        seat: i64,
    },
    /// A negative area, or more than there is on earth.
    #[error("the area of seat {seat} cannot be")]
    Area {
        /// Which.
        seat: i64,
    },
    /// No number of an owner.
    #[error("the owner of seat {seat} has no number")]
    Head {
        /// Which.
        seat: i64,
    },
    /// A ballot with more or fewer answers than there are matters.
    #[error("the ballot of seat {seat} does not answer every matter once")]
    Choices {
        /// Which.
        seat: i64,
    },
}

/// What came in for one matter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// 同意.
    pub yes: Measure,
    /// 不同意.
    pub no: Measure,
    /// 弃权.
    pub abstain: Measure,
    /// 未填或无效.
    pub blank: Measure,
    /// Heads whose homes said different things (同一业主多处房屋意见不一致): took part, agreed to nothing.
    pub split: i64,
}

/// A count (计票结果).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// All who may vote.
    pub all: Measure,
    /// Those of whom a ballot came.
    pub part: Measure,
    /// Homes of which one came.
    pub homes: i64,
    /// Of whom a majority is counted: `part`, with those that the assembly's rules count although they said nothing.
    pub counted: Measure,
    /// Matter by matter.
    pub topics: Vec<Counted>,
}

/// The largest exclusive area of one part, 0.01 m²: ten square kilometres.
pub const AREA_MOST: i64 = 1_000_000_000;

const fn bit(choice: Choice) -> u8 {
    match choice {
        Choice::Yes => 1,
        Choice::No => 2,
        Choice::Abstain => 4,
        Choice::Blank => 8,
    }
}

impl Counted {
    fn measure(&mut self, choice: Choice) -> &mut Measure {
        match choice {
            Choice::Yes => &mut self.yes,
            Choice::No => &mut self.no,
            Choice::Abstain => &mut self.abstain,
            Choice::Blank => &mut self.blank,
        }
    }
}

/// What heads said in a matter: a bit for every answer that one of their homes gave.
struct Heads {
    said: Vec<u8>,
    topics: usize,
}

impl Heads {
    fn note(&mut self, head: usize, topic: usize, choice: Choice) {
        if let Some(said) = self.said.get_mut(head * self.topics + topic) {
            *said |= bit(choice);
        }
    }

    fn of(&self, head: usize, topic: usize) -> u8 {
        self.said.get(head * self.topics + topic).copied().unwrap_or(0)
    }
}

fn checked(seats: &[Cast<'_>], topics: usize) -> Result<(Measure, usize), CountError> {
    let (mut area, mut heads, mut before) = (0_i64, 0_i64, 0_i64);
    for one in seats {
        let seat = one.seat;
        if seat != before + 1 {
            return Err(CountError::Seat { seat });
        }
        before = seat;
        if !(0..=AREA_MOST).contains(&one.area.0) {
            return Err(CountError::Area { seat });
        }
        area = area.checked_add(one.area.0).ok_or(CountError::Area { seat })?;
        // Numbers are given in the order in which owners appear, so that a number that is left out is seen.
        if one.head < 1 || one.head > heads + 1 {
            return Err(CountError::Head { seat });
        }
        heads = heads.max(one.head);
        if one.choices.is_some_and(|choices| choices.len() != topics) {
            return Err(CountError::Choices { seat });
        }
    }
    Ok((Measure::new(area, heads), usize::try_from(heads).unwrap_or(0)))
}

/// What the majority of those who said something says, by area and by heads alike; nothing where the two differ or are even.
fn majority(counted: &Counted) -> Choice {
    let (yes, no) = (counted.yes, counted.no);
    if yes.area > no.area && yes.heads > no.heads {
        Choice::Yes
    } else if no.area > yes.area && no.heads > yes.heads {
        Choice::No
    } else {
        Choice::Abstain
    }
}

/// Counts the seats of a vote on so many matters, and checks every one of them on the way.
///
/// # Errors
/// The first seat that contradicts itself or the one before.
pub fn tally(seats: &[Cast<'_>], topics: usize, silent: Silent) -> Result<Tally, CountError> {
    let (all, heads) = checked(seats, topics)?;
    let mut said = Heads { said: vec![0; heads * topics], topics };
    let mut took = vec![false; heads];
    let mut result = Tally { all, part: Measure::default(), homes: 0, counted: all, topics: vec![Counted::default(); topics] };
    for one in seats {
        let (Some(choices), Some(head)) = (one.choices, usize::try_from(one.head - 1).ok()) else { continue };
        result.homes += 1;
        result.part.area.0 += one.area.0;
        if let Some(took) = took.get_mut(head) {
            *took = true;
        }
        for (topic, (choice, counted)) in choices.iter().zip(&mut result.topics).enumerate() {
            counted.measure(*choice).area.0 += one.area.0;
            said.note(head, topic, *choice);
        }
    }
    result.part.heads = i64::try_from(took.iter().filter(|took| **took).count()).unwrap_or(i64::MAX);
    heads_of(&mut result, &said, heads);
    if silent == Silent::NotParticipating {
        result.counted = result.part;
    } else {
        count_silence(&mut result, seats, (&mut said, heads), silent);
    }
    Ok(result)
}

fn heads_of(result: &mut Tally, said: &Heads, heads: usize) {
    for (topic, counted) in result.topics.iter_mut().enumerate() {
        for choice in Choice::ALL {
            counted.measure(*choice).heads = 0;
        }
        counted.split = 0;
        for head in 0..heads {
            match Choice::ALL.iter().find(|choice| bit(**choice) == said.of(head, topic)) {
                Some(choice) => counted.measure(*choice).heads += 1,
                None if said.of(head, topic) != 0 => counted.split += 1,
                None => {}
            }
        }
    }
}

/// Those who said nothing, as the assembly's rules count them. The quorum stays that of those who said something.
fn count_silence(result: &mut Tally, seats: &[Cast<'_>], (said, heads): (&mut Heads, usize), silent: Silent) {
    let follow: Vec<Choice> = result
        .topics
        .iter()
        .map(|counted| if silent == Silent::Majority { majority(counted) } else { Choice::Abstain })
        .collect();
    for one in seats.iter().filter(|one| one.choices.is_none()) {
        let Ok(head) = usize::try_from(one.head - 1) else { continue };
        for (topic, (choice, counted)) in follow.iter().zip(&mut result.topics).enumerate() {
            counted.measure(*choice).area.0 += one.area.0;
            said.note(head, topic, *choice);
        }
    }
    heads_of(result, said, heads);
}
