//! Which of the three classifications says how a case is handled. This is the one place where that is decided:
//!
//! 1. The 12345 class (热线分类) of the place, as far as the city wrote something beside it: clock, owners, profile, conditions, basis.
//! 2. Else the class of reports (报修类别), its own or the one that the 12345 class or the matter is mapped to.
//! 3. The matter of GB/T 47678.5-2026 never: the standard's list has no limits, owners or departments; those are local settings.
//!
//! Each part is inherited by itself: a city that names only a clock keeps the owners of the class of reports.

use linli_access::Role;

use super::{Class, Conditions, Rules};
use crate::model::MessageClass;

/// Which classification something was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// 报修类别.
    Report,
    /// 热线分类.
    Message,
}

/// How a case is handled, and which classification says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Governing {
    /// The clock it runs on.
    pub clock: String,
    /// Who named the clock.
    pub clock_by: Says,
    /// Who is asked to take it, in this order.
    pub owners: Vec<Role>,
    /// The profile of transitions, when it is not that of the class of reports.
    pub profile: Option<String>,
    /// When a report is taken up (受理条件).
    pub conditions: Conditions,
    /// What it rests on (依据).
    pub legal_basis: String,
    /// Whether the text of that was read; what a city wrote beside its own list is its word.
    pub basis_verified: bool,
}

impl Governing {
    /// What counts for a case of a class of reports, with the 12345 class it was filed under. A clock or profile that the rules do not
    /// have any more does not count.
    #[must_use]
    pub fn of(rules: &Rules, class: &Class, message: Option<&MessageClass>) -> Self {
        let clock = message.and_then(|m| m.clock.clone()).filter(|code| rules.clocks().named(code).is_some());
        let profile = message.and_then(|m| m.profile.clone());
        let known = |profile: &String| rules.transitions().profiles().any(|(code, _)| code == profile);
        let of_city = |text: String| Conditions { zh: text.clone(), en: text };
        let basis = message.and_then(|m| m.legal_basis.clone());
        let owners = message.map(|m| m.owners.clone()).filter(|owners| !owners.is_empty());
        Self {
            clock_by: if clock.is_some() { Says::Message } else { Says::Report },
            clock: clock.unwrap_or_else(|| class.clock.clone()),
            owners: owners.unwrap_or_else(|| class.owners.clone()),
            profile: profile.filter(known),
            conditions: message.and_then(|m| m.conditions.clone()).map_or_else(|| class.conditions.clone(), of_city),
            basis_verified: basis.is_some() || class.basis_verified,
            legal_basis: basis.unwrap_or_else(|| class.legal_basis.clone()),
        }
    }
}
