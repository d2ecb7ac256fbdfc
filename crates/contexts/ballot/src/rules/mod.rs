//! The rule packs of votes (表决规则): one for the country, and those of cities that have rules of their own.

pub mod count;
pub mod register;

use std::collections::BTreeSet;

use linli_calendar::{Term, Unit};
use linli_kernel::Fraction;
use linli_rulebook::Contradiction;
use serde::Deserialize;

use count::{Base, Shares, Threshold};

use crate::model::{Call, Silent};

/// The ids of the packs: the country's first, then those of cities.
pub const IDS: [&str; 4] = ["ballot.rules", "ballot.rules_beijing", "ballot.rules_hangzhou", "ballot.rules_shanghai"];

/// The packs that ship with this room: file name and text.
pub const PACKS: [(&str, &str); 4] = [
    ("ballot/national.toml", include_str!("../../rules/national.toml")),
    ("ballot/beijing.toml", include_str!("../../rules/beijing.toml")),
    ("ballot/hangzhou.toml", include_str!("../../rules/hangzhou.toml")),
    ("ballot/shanghai.toml", include_str!("../../rules/shanghai.toml")),
];

/// A matter that owners decide together (业主共同决定事项).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matter {
    /// Its number in the article.
    pub no: i64,
    /// The class whose majority it needs.
    class: String,
    zh: String,
    en: String,
}

impl Matter {
    /// The matter in a language.
    #[must_use]
    pub fn text(&self, lang: &str) -> &str {
        if lang == "en" { &self.en } else { &self.zh }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Class {
    id: String,
    base: Base,
    exceed: bool,
    area: Fraction,
    heads: Fraction,
}

/// How votes over the internet are cast (网上投票).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Online {
    /// Here.
    Here,
    /// Only in the system that the law names (官方电子投票系统).
    Official,
}

/// Whether a ballot can be replaced (改票).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replace {
    /// Until the close; the last one counts.
    UntilClose,
    /// Never.
    Never,
}

/// How a vote is held (程序).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Procedure {
    /// How long its matters are posted before a regular one.
    notice_regular: Term,
    /// And before one in between.
    notice_ad_hoc: Term,
    /// The fewest days from the opening to the close.
    pub window_least_days: i64,
    /// The most.
    pub window_most_days: i64,
    /// Within what the result is posted.
    pub result_within: Term,
    /// Votes over the internet.
    pub online: Online,
    /// Whether whoever asks is given paper.
    pub paper_on_request: bool,
    /// Of how many homes one proxy may speak.
    pub proxy_most: i64,
    /// Whether a ballot can be replaced.
    pub replace: Replace,
    /// How silence counts where the assembly's rules say nothing.
    pub silent: Silent,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Quorum {
    area: Fraction,
    heads: Fraction,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    /// The division whose code begins so; empty for the country.
    region: String,
    zh: String,
    en: String,
    quorum: Quorum,
    class: Vec<Class>,
    matter: Vec<Matter>,
    procedure: Procedure,
    /// What of it nobody has read in a law: defaults.
    #[serde(default)]
    unsure: Vec<String>,
    /// Where each part is said.
    #[serde(default)]
    source: Vec<Source>,
}

/// Where a part of a pack is said (依据).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The part: `quorum`, `notice`, `window`, `result`, `online`, `proxy`, `replace`, `silent`.
    pub part: String,
    /// The law and its article.
    pub text: String,
}

/// A pack, read. Refused when a share cannot be, a class or a matter is there twice, or a matter has no class.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct Pack {
    /// The division whose code begins so; empty for the country.
    pub region: String,
    zh: String,
    en: String,
    quorum: Shares,
    classes: Vec<Class>,
    matters: Vec<Matter>,
    /// How a vote is held.
    pub procedure: Procedure,
    unsure: Vec<String>,
    sources: Vec<Source>,
}

/// The parts of a pack that a citation or a doubt can be about.
pub const PARTS: [&str; 8] = ["quorum", "notice", "window", "result", "online", "proxy", "replace", "silent"];

fn can_be(share: Fraction) -> bool {
    (1..=1_000_000).contains(&share.whole) && (0..=share.whole).contains(&share.part)
}

impl TryFrom<Body> for Pack {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        let refuse = |what: &str| Err(Contradiction(what.to_owned()));
        if !body.region.bytes().all(|digit| digit.is_ascii_digit()) || body.region.len() > 12 {
            return refuse("region is the beginning of a code of a division");
        }
        let shares = body.class.iter().flat_map(|class| [class.area, class.heads]);
        if !shares.chain([body.quorum.area, body.quorum.heads]).all(can_be) {
            return refuse("a share lies between nothing and the whole");
        }
        let classes: BTreeSet<&str> = body.class.iter().map(|class| class.id.as_str()).collect();
        if classes.is_empty() || classes.len() != body.class.len() {
            return refuse("a class is there twice, or none is");
        }
        // More than the whole cannot be exceeded.
        if body.class.iter().any(|class| class.exceed && [class.area, class.heads].iter().any(|share| share.part == share.whole))
        {
            return refuse("nothing exceeds the whole");
        }
        let numbers: BTreeSet<i64> = body.matter.iter().map(|matter| matter.no).collect();
        if numbers.is_empty() || numbers.len() != body.matter.len() {
            return refuse("a matter is there twice, or none is");
        }
        if let Some(matter) = body.matter.iter().find(|matter| !classes.contains(matter.class.as_str())) {
            return Err(Contradiction(format!("matter {} has no class {}", matter.no, matter.class)));
        }
        let how = &body.procedure;
        if !(0..=3_660).contains(&how.window_least_days)
            || !(how.window_least_days.max(1)..=3_660).contains(&how.window_most_days)
        {
            return refuse("a vote is open for some days, at least as many as the fewest");
        }
        let terms = [&how.notice_regular, &how.notice_ad_hoc, &how.result_within];
        if !terms.iter().all(|term| matches!(term.unit(), Unit::CalendarDays | Unit::CalendarMonths)) {
            return refuse("periods are counted in days of the calendar");
        }
        if !(0..=1_000).contains(&how.proxy_most) {
            return refuse("a proxy speaks for at most a thousand homes");
        }
        if body.unsure.iter().chain(body.source.iter().map(|source| &source.part)).any(|part| !PARTS.contains(&part.as_str())) {
            return refuse("a doubt or a source is about a part that there is not");
        }
        Ok(Self {
            region: body.region,
            zh: body.zh,
            en: body.en,
            quorum: Shares { area: body.quorum.area, heads: body.quorum.heads },
            classes: body.class,
            matters: body.matter,
            procedure: body.procedure,
            unsure: body.unsure,
            sources: body.source,
        })
    }
}

impl Pack {
    /// Whose rules they are, in a language.
    #[must_use]
    pub fn name(&self, lang: &str) -> &str {
        if lang == "en" { &self.en } else { &self.zh }
    }

    /// The matters that owners decide together.
    #[must_use]
    pub fn matters(&self) -> &[Matter] {
        &self.matters
    }

    /// A matter by its number.
    #[must_use]
    pub fn matter(&self, no: i64) -> Option<&Matter> {
        self.matters.iter().find(|matter| matter.no == no)
    }

    /// The class of a matter, a word.
    #[must_use]
    pub fn class_of(&self, no: i64) -> Option<&str> {
        self.matter(no).map(|matter| matter.class.as_str())
    }

    /// What a matter has to reach.
    #[must_use]
    pub fn threshold(&self, no: i64) -> Option<Threshold> {
        let matter = self.matter(no)?;
        let class = self.classes.iter().find(|class| class.id == matter.class)?;
        let approve = Shares { area: class.area, heads: class.heads };
        Some(Threshold { quorum: self.quorum, approve, exceed: class.exceed, base: class.base })
    }

    /// How long matters are posted before a vote.
    #[must_use]
    pub const fn notice(&self, call: Call) -> &Term {
        match call {
            Call::Regular => &self.procedure.notice_regular,
            Call::AdHoc => &self.procedure.notice_ad_hoc,
        }
    }

    /// Parts that nobody has read in a law.
    #[must_use]
    pub fn unsure(&self) -> &[String] {
        &self.unsure
    }

    /// Where its parts are said.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }
}

#[cfg(test)]
mod tests;
