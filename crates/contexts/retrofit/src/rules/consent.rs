//! How consent to a lift is counted (表态计算): by area and by heads, in whole numbers, with what is missing and who could carry it.

use linli_kernel::words;
use linli_rulebook::Contradiction;
use serde::Deserialize;

use crate::model::Stance;

/// The id of the pack.
pub const ID: &str = "retrofit.consent";

words! {
    /// Of what a share is a part (基数).
    pub enum Base {
        /// 全体业主.
        All = "all",
        /// 参与表态的业主.
        Participants = "participants",
    }

    /// Whose owners decide (范围).
    pub enum Whose {
        /// 本单元.
        Stairwell = "stairwell",
        /// 本幢.
        Building = "building",
    }

    /// What has to be heard besides (另须).
    pub enum Extra {
        /// 被占用专有部分的业主同意.
        OccupiedOwner = "occupied_owner",
        /// 听取本幢其他业主意见.
        HearBuilding = "hear_building",
        /// 听取受影响相邻人意见.
        HearAffected = "hear_affected",
    }

    /// What objections mean (异议处理).
    pub enum Objections {
        /// 书面异议须了结.
        Settled = "settled",
        /// 其他业主不反对.
        NoneLeft = "none",
    }
}

/// A share that must be reached (以上: at least; with `more`: more than).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Numerator.
    pub num: i64,
    /// Denominator.
    pub den: i64,
    /// Strictly more (过半数).
    #[serde(default)]
    pub more: bool,
}

impl Line {
    fn possible(self) -> bool {
        self.num >= 0 && self.den > 0 && self.num <= self.den && self.den <= 1_000
    }

    /// Whether a part reaches the line of a whole.
    #[must_use]
    pub fn reached(self, part: i64, whole: i64) -> bool {
        let (left, right) = (i128::from(self.den) * i128::from(part), i128::from(self.num) * i128::from(whole));
        if self.more { left > right } else { left >= right }
    }

    /// The least part of a whole that reaches it.
    #[must_use]
    pub fn least(self, whole: i64) -> i64 {
        least(0, i128::from(self.den), i128::from(self.num) * i128::from(whole), self.more).unwrap_or(i64::MAX)
    }
}

/// The least `a` from 0 on with `start + step · a ≥ goal` (`>` with `more`); none where there is none.
fn least(start: i128, step: i128, goal: i128, more: bool) -> Option<i64> {
    let gap = goal - start + i128::from(more);
    if gap <= 0 {
        return Some(0);
    }
    if step <= 0 {
        return None;
    }
    i64::try_from((gap + step - 1) / step).ok()
}

/// A rule of a region (一地规则).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its word.
    pub id: String,
    zh: String,
    en: String,
    /// Law, article, paper.
    pub source: String,
    /// Whether somebody has checked it.
    pub verified: bool,
    /// Whose owners decide.
    pub scope: Whose,
    /// Of what `approve` is a part.
    pub base: Base,
    /// How much of the area must take part.
    pub quorum_area: Line,
    /// How many heads must take part.
    pub quorum_heads: Line,
    /// How much of the area must agree.
    pub approve_area: Line,
    /// How many heads must agree.
    pub approve_heads: Line,
    /// What must be heard besides.
    pub extra: Vec<Extra>,
    /// For how many days it is posted.
    pub notice_days: u32,
    /// Whether a posting that would end on a day off ends on the day after (民法典 art. 203).
    pub roll_over: bool,
    /// What objections mean.
    pub objections: Objections,
}

impl Rule {
    /// The rule in a language.
    #[must_use]
    pub fn text(&self, lang: &str) -> &str {
        if lang == "en" { &self.en } else { &self.zh }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    in_force: String,
    rule: Vec<Rule>,
}

/// The pack, read.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct Consent {
    in_force: Rule,
    all: Vec<Rule>,
}

impl TryFrom<Body> for Consent {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        let refuse = |what: &str| Err(Contradiction(what.to_owned()));
        for rule in &body.rule {
            let lines = [rule.quorum_area, rule.quorum_heads, rule.approve_area, rule.approve_heads];
            if !lines.iter().all(|line| line.possible()) {
                return refuse("a share lies between nothing and all");
            }
            if !(1..=180).contains(&rule.notice_days) {
                return refuse("a scheme is posted for a day at least and half a year at most");
            }
        }
        let Some(in_force) = body.rule.iter().find(|rule| rule.id == body.in_force).cloned() else {
            return refuse("the rule in force is none of the rules");
        };
        Ok(Self { in_force, all: body.rule })
    }
}

impl Consent {
    /// The rule that counts here.
    #[must_use]
    pub const fn in_force(&self) -> &Rule {
        &self.in_force
    }

    /// All rules that are known.
    #[must_use]
    pub fn all(&self) -> &[Rule] {
        &self.all
    }
}

/// A home among those who decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Voice {
    /// Homes of one owner have one number and count one head.
    pub owner: i64,
    /// 0.01 m²; none where it is not known.
    pub area: Option<i64>,
    /// What it says; none when nobody asked.
    pub stance: Option<Stance>,
}

impl Voice {
    fn spoke(&self) -> bool {
        matches!(self.stance, Some(Stance::Agree | Stance::Object))
    }

    fn agrees(&self) -> bool {
        self.stance == Some(Stance::Agree)
    }
}

/// By both counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// 0.01 m².
    pub area: i64,
    /// Heads.
    pub heads: i64,
}

/// How it stands (统计).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Everybody.
    pub all: Count,
    /// Who said yes or no.
    pub part: Count,
    /// Who agrees. A head agrees when all its homes do.
    pub agree: Count,
    /// Who objects. A head objects when one of its homes does.
    pub object: Count,
    /// Homes whose area is not known: with one of them nothing can pass by area.
    pub unknown: i64,
}

/// Counts the homes of a stairwell.
#[must_use]
pub fn tally(voices: &[Voice]) -> Tally {
    let area = |of: &dyn Fn(&Voice) -> bool| {
        voices.iter().filter(|voice| of(voice)).filter_map(|voice| voice.area).fold(0_i64, i64::saturating_add)
    };
    let mut owners: Vec<i64> = voices.iter().map(|voice| voice.owner).collect();
    owners.sort_unstable();
    owners.dedup();
    let of_owner = |owner: i64| voices.iter().filter(move |voice| voice.owner == owner);
    let heads = |of: &dyn Fn(i64) -> bool| owners.iter().fold(0_i64, |sum, owner| sum.saturating_add(i64::from(of(*owner))));
    let objects = |voice: &Voice| voice.stance == Some(Stance::Object);
    Tally {
        all: Count { area: area(&|_| true), heads: heads(&|_| true) },
        part: Count { area: area(&Voice::spoke), heads: heads(&|owner| of_owner(owner).any(Voice::spoke)) },
        agree: Count { area: area(&Voice::agrees), heads: heads(&|owner| of_owner(owner).all(Voice::agrees)) },
        object: Count { area: area(&objects), heads: heads(&|owner| of_owner(owner).any(objects)) },
        unknown: voices.iter().fold(0, |sum, voice| sum + i64::from(voice.area.is_none())),
    }
}

/// What is missing by one count, should everybody who comes in addition agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// So much; 0 when the line is reached.
    Of(i64),
    /// More than all who are open could give: somebody who objects would have to change.
    TooMuch(i64),
    /// It cannot be reached at all as things stand.
    Never,
}

impl Missing {
    /// Whether the line is reached.
    #[must_use]
    pub const fn none(self) -> bool {
        matches!(self, Self::Of(0))
    }
}

/// How consent stands against a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The counts.
    pub tally: Tally,
    /// Whether enough took part, by area and by heads.
    pub quorum: (bool, bool),
    /// Whether enough agree, by area and by heads.
    pub approve: (bool, bool),
    /// What is missing by area, 0.01 m².
    pub area: Missing,
    /// What is missing by heads.
    pub heads: Missing,
    /// Whether it passes: both counts, no area unknown, and what the rule says of objections among the homes.
    pub passes: bool,
}

/// How consent stands against a rule. By heads what is missing supposes that an additional head has said nothing yet.
#[must_use]
pub fn judge(rule: &Rule, voices: &[Voice]) -> Standing {
    let tally = tally(voices);
    let base = match rule.base {
        Base::All => tally.all,
        Base::Participants => tally.part,
    };
    let quorum =
        (rule.quorum_area.reached(tally.part.area, tally.all.area), rule.quorum_heads.reached(tally.part.heads, tally.all.heads));
    // Nobody out of nobody is no consent.
    let approve = (
        tally.agree.area > 0 && rule.approve_area.reached(tally.agree.area, base.area),
        tally.agree.heads > 0 && rule.approve_heads.reached(tally.agree.heads, base.heads),
    );
    let missing = |quorum: Line, approve: Line, (all, part, agree): (i64, i64, i64)| {
        let wide = i128::from;
        let joins = least(wide(quorum.den) * wide(part), wide(quorum.den), wide(quorum.num) * wide(all), quorum.more);
        let agrees = match rule.base {
            Base::All => least(wide(approve.den) * wide(agree), wide(approve.den), wide(approve.num) * wide(all), approve.more),
            Base::Participants => {
                let start = wide(approve.den) * wide(agree) - wide(approve.num) * wide(part);
                least(start, wide(approve.den) - wide(approve.num), 0, approve.more)
            }
        };
        let (Some(joins), Some(agrees)) = (joins, agrees) else { return Missing::Never };
        let least = joins.max(agrees).max(i64::from(agree == 0));
        if least > all.saturating_sub(part) { Missing::TooMuch(least) } else { Missing::Of(least) }
    };
    let by = |of: fn(Count) -> i64| (of(tally.all), of(tally.part), of(tally.agree));
    let objections = rule.objections == Objections::Settled || tally.object.heads == 0;
    Standing {
        tally,
        quorum,
        approve,
        area: missing(rule.quorum_area, rule.approve_area, by(|count| count.area)),
        heads: missing(rule.quorum_heads, rule.approve_heads, by(|count| count.heads)),
        passes: quorum.0 && quorum.1 && approve.0 && approve.1 && tally.unknown == 0 && objections,
    }
}

/// Which open homes would carry it (谁是关键户).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Carry {
    /// Owners whose agreement alone is enough.
    pub alone: Vec<i64>,
    /// A smallest group of owners whose agreement is enough; empty when no group is.
    pub fewest: Vec<i64>,
}

/// Who would carry it: owners with homes that are open. None when it passes already.
#[must_use]
pub fn carry(rule: &Rule, voices: &[Voice]) -> Option<Carry> {
    if judge(rule, voices).passes {
        return None;
    }
    let with = |owners: &[i64]| {
        let heard = |voice: &Voice| {
            let won = owners.contains(&voice.owner) && !voice.spoke();
            if won { Voice { stance: Some(Stance::Agree), ..*voice } } else { *voice }
        };
        judge(rule, &voices.iter().map(heard).collect::<Vec<_>>()).passes
    };
    let mut open: Vec<Open> = Vec::new();
    for voice in voices.iter().filter(|voice| !voice.spoke()) {
        if open.iter().any(|one| one.owner == voice.owner) {
            continue;
        }
        let of = || voices.iter().filter(|one| one.owner == voice.owner);
        let brings = if of().any(|one| one.stance == Some(Stance::Object)) {
            Brings::Area
        } else if of().any(Voice::spoke) {
            Brings::Agreement
        } else {
            Brings::Head
        };
        let area = of().filter(|one| !one.spoke()).filter_map(|one| one.area).fold(0_i64, i64::saturating_add);
        open.push(Open { owner: voice.owner, brings, area });
    }
    open.sort_by_key(|one| (std::cmp::Reverse(one.area), one.owner));
    let alone = open.iter().map(|one| one.owner).filter(|owner| with(&[*owner])).collect();
    Some(Carry { alone, fewest: fewest(&open, &with) })
}

/// What the agreement of an owner brings besides area.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Brings {
    /// A head that takes part and agrees.
    Head,
    /// A head that took part already, and now agrees.
    Agreement,
    /// No head: another home of the owner objects.
    Area,
}

struct Open {
    owner: i64,
    brings: Brings,
    area: i64,
}

/// A smallest group. Of all groups with so many owners of each kind, the one with the largest homes reaches every line that another one reaches.
fn fewest(open: &[Open], passes: &dyn Fn(&[i64]) -> bool) -> Vec<i64> {
    let kind = |brings: Brings| open.iter().filter(|one| one.brings == brings).map(|one| one.owner).collect::<Vec<i64>>();
    let (heads, agreements, areas) = (kind(Brings::Head), kind(Brings::Agreement), kind(Brings::Area));
    for size in 1..=open.len() {
        for head in (0..=size.min(heads.len())).rev() {
            for agreement in (0..=(size - head).min(agreements.len())).rev() {
                let rest = size - head - agreement;
                let chosen: Vec<i64> = heads
                    .iter()
                    .take(head)
                    .chain(agreements.iter().take(agreement))
                    .chain(areas.iter().take(rest))
                    .copied()
                    .collect();
                if chosen.len() == size && passes(&chosen) {
                    return chosen;
                }
            }
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests;
