//! What beds a ledger says there are (床位台账): entries folded, and available derived from what is open, blocked, staffed and taken.

use std::collections::BTreeMap;

use linli_kernel::Ts;
use serde::Deserialize;

use super::Contradiction;
use crate::model::beds::{BedType, COUNT_MAX, Change, Entry, EntryKind, Levels};

/// The id of the pack of beds.
pub const ID: &str = "treatment.beds";

/// Beds that so many people staff are counted in thousandths of a person.
const PER: i64 = 1_000;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RatioBody {
    bed_types: Vec<BedType>,
    #[serde(default)]
    doctors: Option<i64>,
    #[serde(default)]
    nurses: Option<i64>,
    verified: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    hold_minutes: i64,
    on_the_way_minutes: i64,
    convert_hours_most: i64,
    #[serde(default)]
    meets: BTreeMap<BedType, Vec<BedType>>,
    ratios: Vec<RatioBody>,
}

/// People that a thousand beds of a kind need (床医比、床护比). What is `None` limits nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ratio {
    /// Doctors.
    pub doctors: Option<i64>,
    /// Nurses.
    pub nurses: Option<i64>,
    /// Whether the source was read.
    pub verified: bool,
}

/// How beds are counted. Refused when a kind has two ratios, or a ratio or a time cannot be.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct Beds {
    hold_minutes: i64,
    on_the_way_minutes: i64,
    convert_hours_most: i64,
    meets: BTreeMap<BedType, Vec<BedType>>,
    ratios: BTreeMap<BedType, Ratio>,
}

impl TryFrom<Body> for Beds {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        let refuse = |what: String| Err(Contradiction(what));
        let minutes = 1..=7 * 1_440;
        if !minutes.contains(&body.hold_minutes) || !minutes.contains(&body.on_the_way_minutes) {
            return refuse("a bed is held between a minute and a week".to_owned());
        }
        if !(1..=720).contains(&body.convert_hours_most) {
            return refuse("beds are converted within 1 to 720 hours".to_owned());
        }
        let mut ratios = BTreeMap::new();
        for RatioBody { bed_types, doctors, nurses, verified } in body.ratios {
            if [doctors, nurses].into_iter().flatten().any(|people| !(1..=100 * PER).contains(&people)) {
                return refuse("a ratio lies between a thousandth of a person and 100 persons a bed".to_owned());
            }
            for bed_type in bed_types {
                if ratios.insert(bed_type, Ratio { doctors, nurses, verified }).is_some() {
                    return refuse(format!("{bed_type} has two ratios"));
                }
            }
        }
        let Body { hold_minutes, on_the_way_minutes, convert_hours_most, meets, .. } = body;
        Ok(Self { hold_minutes, on_the_way_minutes, convert_hours_most, meets, ratios })
    }
}

/// What limits how many beds can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Beds that are open and not blocked.
    Beds,
    /// Doctors.
    Doctors,
    /// Nurses.
    Nurses,
}

impl Limit {
    /// The word in text keys.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Beds => "beds",
            Self::Doctors => "doctors",
            Self::Nurses => "nurses",
        }
    }
}

/// What can be had, as the rule derives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Derived {
    /// Beds that people staff; `None` where the rule has no ratio for the kind.
    pub staffed: Option<i64>,
    /// Beds that can be used: the least of what is open and staffed.
    pub usable: i64,
    /// What makes it the least.
    pub limit: Limit,
    /// Usable without those that are occupied or held. Below zero: over-full by so many.
    pub left: i64,
}

impl Derived {
    /// Beds that somebody can be given now.
    #[must_use]
    pub fn available(&self) -> i64 {
        self.left.max(0)
    }

    /// How many more are in it than it can hold (超员).
    #[must_use]
    pub fn over_full(&self) -> i64 {
        (-self.left).max(0)
    }
}

/// Why nothing can be derived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// Nobody told how many beds are open.
    Open,
    /// Nobody told how many doctors there are.
    Doctors,
    /// Nobody told how many nurses there are.
    Nurses,
}

impl Unknown {
    /// The word in text keys.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Doctors => "doctors",
            Self::Nurses => "nurses",
        }
    }
}

/// A share with what it is a share of (比率及其基数). A base that nobody told is said to be unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// In tenths of a percent.
    pub permille: i64,
    /// What it was reckoned of; `None`: as reported, its base unknown.
    pub base: Option<i64>,
}

impl Rate {
    /// So many of so many. There is no share of nothing.
    #[must_use]
    pub fn of(part: i64, base: i64) -> Option<Self> {
        (base > 0).then(|| Self { permille: (part * 2_000 / base + 1).div_euclid(2), base: Some(base) })
    }

    /// A share as somebody published it, `145.7`, its base unknown.
    #[must_use]
    pub const fn reported(permille: i64) -> Self {
        Self { permille, base: None }
    }
}

impl Beds {
    /// How long a bed is held, in seconds.
    #[must_use]
    pub const fn hold_secs(&self) -> i64 {
        self.hold_minutes * 60
    }

    /// How long it is held for somebody who has set out, in seconds.
    #[must_use]
    pub const fn on_the_way_secs(&self) -> i64 {
        self.on_the_way_minutes * 60
    }

    /// Within how many hours beds can be ordered to be ready, at most.
    #[must_use]
    pub const fn convert_hours_most(&self) -> i64 {
        self.convert_hours_most
    }

    /// Whether a bed of a kind meets the need of a bed (满足需要): the same kind does, and what the rule names for it.
    #[must_use]
    pub fn meets(&self, needed: BedType, bed: BedType) -> bool {
        needed == bed || self.meets.get(&needed).is_some_and(|beds| beds.contains(&bed))
    }

    /// The ratio for a kind of bed.
    #[must_use]
    pub fn ratio(&self, bed_type: BedType) -> Option<Ratio> {
        self.ratios.get(&bed_type).copied()
    }

    /// What can be had of a kind of bed: `min(open − blocked, what doctors staff, what nurses staff) − occupied − reserved`.
    ///
    /// # Errors
    /// When something that it rests on was never told.
    pub fn derive(&self, bed_type: BedType, levels: &Levels) -> Result<Derived, Unknown> {
        let open = levels.open.ok_or(Unknown::Open)?;
        let ratio = self.ratio(bed_type);
        let by_doctors = staffed(ratio.and_then(|ratio| ratio.doctors), levels.doctors).ok_or(Unknown::Doctors)?;
        let by_nurses = staffed(ratio.and_then(|ratio| ratio.nurses), levels.nurses).ok_or(Unknown::Nurses)?;
        let limits =
            [(Some((open - levels.blocked).max(0)), Limit::Beds), (by_doctors, Limit::Doctors), (by_nurses, Limit::Nurses)];
        let told = limits.into_iter().filter_map(|(beds, limit)| Some((beds?, limit)));
        let (usable, limit) = told.min_by_key(|(beds, _)| *beds).unwrap_or((0, Limit::Beds));
        let staffed = by_doctors.into_iter().chain(by_nurses).min();
        Ok(Derived { staffed, usable, limit, left: usable - levels.occupied - levels.reserved })
    }

    /// Whether these levels can be: more open than in place is no ledger.
    ///
    /// # Errors
    /// The kind of entry that cannot be, and the most that it could.
    pub fn judge(&self, levels: &Levels) -> Result<(), (EntryKind, i64)> {
        let over = |told: Option<i64>, most: Option<i64>| told.zip(most).is_some_and(|(told, most)| told > most);
        if over(levels.open, levels.in_place) {
            return Err((EntryKind::Open, levels.in_place.unwrap_or(0)));
        }
        if over(Some(levels.blocked), levels.open) {
            return Err((EntryKind::Blocked, levels.open.unwrap_or(0)));
        }
        Ok(())
    }
}

/// Beds that so many people staff. `Some(None)`: the rule does not ask for them. `None`: it does, and nobody told how many there are.
fn staffed(ratio: Option<i64>, people: Option<i64>) -> Option<Option<i64>> {
    match (ratio, people) {
        (None, _) => Some(None),
        (Some(ratio), Some(people)) => Some(Some(people * PER / ratio)),
        (Some(_), None) => None,
    }
}

/// Adds an entry to what there is. A count that would go below zero or beyond what can be is refused.
///
/// # Errors
/// What the count would have become.
pub fn add(levels: &Levels, entry: &Entry) -> Result<Levels, i64> {
    let mut after = *levels;
    let count = |now: i64| {
        let becomes = match entry.change {
            Change::Level => entry.amount,
            Change::Delta => now.saturating_add(entry.amount),
        };
        if (0..=COUNT_MAX).contains(&becomes) { Ok(becomes) } else { Err(becomes) }
    };
    let told = |now: Option<i64>| count(now.unwrap_or(0)).map(Some);
    match entry.kind {
        EntryKind::Licensed => after.licensed = told(levels.licensed)?,
        EntryKind::InPlace => after.in_place = told(levels.in_place)?,
        EntryKind::Open => after.open = told(levels.open)?,
        EntryKind::Doctors => after.doctors = told(levels.doctors)?,
        EntryKind::Nurses => after.nurses = told(levels.nurses)?,
        EntryKind::Convertible => {
            after.convertible = told(levels.convertible)?;
            after.within_hours = entry.within_hours.or(levels.within_hours);
        }
        EntryKind::Blocked => after.blocked = count(levels.blocked)?,
        EntryKind::Occupied => after.occupied = count(levels.occupied)?,
        EntryKind::Reserved => after.reserved = count(levels.reserved)?,
    }
    Ok(after)
}

/// What there was at an instant: all entries that speak of it or of before, in the order of what they speak of, and of one instant in the
/// order of their ids.
///
/// # Errors
/// The first entry that cannot be added, with what the count would have become.
pub fn fold(entries: &[Entry], at: Ts) -> Result<Levels, (usize, i64)> {
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by_key(|n| entries.get(*n).map(|entry| (entry.at, entry.id)));
    let mut levels = Levels::default();
    for n in order {
        let Some(entry) = entries.get(n).filter(|entry| entry.at <= at) else { continue };
        levels = add(&levels, entry).map_err(|becomes| (n, becomes))?;
    }
    Ok(levels)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::model::beds::EntryId;
    use linli_kernel::PlacePath;
    use linli_rulebook::{RuleError, Rulebook};
    use proptest::prelude::*;
    use uuid::Uuid;

    const SHIPPED: &str = include_str!("../../rules/beds.toml");

    fn read(text: &str) -> Result<Beds, RuleError> {
        let book =
            Rulebook::builtin(&[("treatment/beds.toml", SHIPPED)])?.load_dir(vec![("beds.toml".to_owned(), text.to_owned())])?;
        Ok(book.get::<Beds>(ID, &PlacePath::root(), Ts(1_800_000_000_000_000))?.value.clone())
    }

    pub(crate) fn rules() -> Beds {
        read(SHIPPED).unwrap()
    }

    fn icu(open: i64, doctors: i64, nurses: i64) -> Levels {
        Levels { open: Some(open), doctors: Some(doctors), nurses: Some(nurses), ..Levels::default() }
    }

    fn entry(n: u128, kind: EntryKind, change: Change, amount: i64, at: i64) -> Entry {
        Entry {
            id: EntryId(Uuid::from_u128(n)),
            kind,
            change,
            amount,
            within_hours: None,
            at: Ts(at),
            known_at: Ts(at),
            reason: None,
            cause: None,
        }
    }

    #[test]
    fn a_bed_meets_a_need_of_its_kind_and_what_the_rule_names() {
        let rules = rules();
        assert!(BedType::ALL.iter().all(|kind| rules.meets(*kind, *kind)));
        assert!(rules.meets(BedType::Ward, BedType::Icu) && !rules.meets(BedType::Icu, BedType::Ward));
        assert!(!rules.meets(BedType::Ward, BedType::Observation));
        let start = SHIPPED.find("[body.meets]").unwrap();
        let end = SHIPPED.find("# 每千张").unwrap();
        let silent = read(&format!("{}{}", &SHIPPED[..start], &SHIPPED[end..])).unwrap();
        assert!(
            silent.meets(BedType::Ward, BedType::Ward) && !silent.meets(BedType::Ward, BedType::Icu),
            "a pack that says nothing of it"
        );
    }

    #[test]
    fn what_can_be_had_is_what_beds_doctors_and_nurses_allow() {
        let rules = rules();
        let of = |levels| rules.derive(BedType::Icu, &levels).unwrap();
        // 20 beds need 16 doctors and 50 nurses.
        assert_eq!(of(icu(20, 16, 50)), Derived { staffed: Some(20), usable: 20, limit: Limit::Beds, left: 20 });
        assert_eq!((of(icu(20, 15, 50)).usable, of(icu(20, 15, 50)).limit), (18, Limit::Doctors));
        assert_eq!((of(icu(20, 16, 49)).usable, of(icu(20, 16, 49)).limit), (19, Limit::Nurses));
        let taken = Levels { occupied: 17, reserved: 2, blocked: 1, ..icu(20, 16, 50) };
        assert_eq!((of(taken).left, of(taken).available(), of(taken).over_full()), (0, 0, 0));
        let over = Levels { occupied: 22, ..icu(20, 16, 50) };
        assert_eq!((of(over).left, of(over).available(), of(over).over_full()), (-2, 0, 2));
    }

    #[test]
    fn unknown_is_not_zero_and_no_ratio_is_no_limit() {
        let rules = rules();
        assert_eq!(rules.derive(BedType::Icu, &Levels::default()), Err(Unknown::Open));
        assert_eq!(rules.derive(BedType::Icu, &Levels { doctors: None, ..icu(9, 9, 99) }), Err(Unknown::Doctors));
        assert_eq!(rules.derive(BedType::Icu, &Levels { nurses: None, ..icu(9, 9, 99) }), Err(Unknown::Nurses));
        let observation = Levels { open: Some(12), ..Levels::default() };
        let derived = rules.derive(BedType::Observation, &observation).unwrap();
        assert_eq!((derived.staffed, derived.usable, derived.limit), (None, 12, Limit::Beds));
        assert_eq!(rules.derive(BedType::Ward, &observation), Err(Unknown::Nurses), "doctors are not asked for there");
    }

    #[test]
    fn a_rate_keeps_its_base() {
        assert_eq!(Rate::of(1_312, 2_472), Some(Rate { permille: 531, base: Some(2_472) }), "no 145.7 % follows from the two");
        assert_eq!(Rate::of(1, 0), None);
        assert_eq!(Rate::of(1, 16), Some(Rate { permille: 63, base: Some(16) }), "62.5 is rounded up");
        assert_eq!(Rate::reported(1_457).base, None);
    }

    #[test]
    fn a_pack_that_contradicts_itself_is_refused() {
        for (said, instead) in [
            ("hold_minutes = 120", "hold_minutes = 0"),
            ("convert_hours_most = 72", "convert_hours_most = 0"),
            ("doctors = 800", "doctors = 0"),
            ("\"isolation\", \"rehab\"", "\"isolation\", \"icu\""),
        ] {
            assert!(SHIPPED.contains(said), "{said}");
            assert!(read(&SHIPPED.replacen(said, instead, 1)).is_err(), "{instead}");
        }
    }

    #[test]
    fn more_open_than_there_are_and_more_blocked_than_open_cannot_be() {
        let rules = rules();
        let levels = Levels { in_place: Some(10), open: Some(11), ..Levels::default() };
        assert_eq!(rules.judge(&levels), Err((EntryKind::Open, 10)));
        assert_eq!(rules.judge(&Levels { open: Some(4), blocked: 5, ..Levels::default() }), Err((EntryKind::Blocked, 4)));
        assert_eq!(rules.judge(&Levels { in_place: None, ..levels }), Ok(()), "nobody told how many there are");
    }

    #[test]
    fn an_entry_of_before_does_not_undo_a_later_count() {
        let late = entry(1, EntryKind::Occupied, Change::Level, 8, 100);
        let early = entry(2, EntryKind::Occupied, Change::Delta, 1, 50);
        assert_eq!(fold(&[late.clone(), early.clone()], Ts(100)).unwrap().occupied, 8);
        assert_eq!(fold(&[late, early], Ts(99)).unwrap().occupied, 1);
    }

    fn any_entry() -> impl Strategy<Value = Entry> {
        let kinds = proptest::sample::select(EntryKind::ALL.to_vec());
        (any::<u64>(), kinds, any::<bool>(), -3_i64..40, 0_i64..50).prop_map(|(n, kind, level, amount, at)| {
            let (change, amount) = if level { (Change::Level, amount.abs()) } else { (Change::Delta, amount) };
            entry(u128::from(n), kind, change, amount, at)
        })
    }

    proptest! {
        /// In whatever order entries come in, what there was at an instant is the same, and adding in order is folding.
        #[test]
        fn the_fold_does_not_ask_in_which_order_entries_came(entries in proptest::collection::vec(any_entry(), 0..40), at in 0_i64..50) {
            let mut turned = entries.clone();
            turned.reverse();
            let same = |one: &Result<Levels, (usize, i64)>| (*one).map_err(|(_, becomes)| becomes);
            prop_assert_eq!(same(&fold(&entries, Ts(at))), same(&fold(&turned, Ts(at))));
            let mut sorted: Vec<&Entry> = entries.iter().filter(|entry| entry.at <= Ts(at)).collect();
            sorted.sort_by_key(|entry| (entry.at, entry.id));
            let added = sorted.into_iter().try_fold(Levels::default(), |levels, entry| add(&levels, entry));
            prop_assert_eq!(added.ok(), fold(&entries, Ts(at)).ok());
        }

        /// What can be had never counts a bed twice, and is never more than what is open, what is staffed, and what is left of them.
        #[test]
        fn what_can_be_had_is_never_more_than_there_is(
            open in 0_i64..200, doctors in 0_i64..200, nurses in 0_i64..600, blocked in 0_i64..50, occupied in 0_i64..250, reserved in 0_i64..50,
        ) {
            let levels = Levels { blocked, occupied, reserved, ..icu(open, doctors, nurses) };
            let derived = rules().derive(BedType::Icu, &levels).unwrap();
            prop_assert!(derived.usable <= (open - blocked).max(0));
            prop_assert!(derived.usable * 800 <= doctors * 1_000 && derived.usable * 2_500 <= nurses * 1_000);
            prop_assert_eq!(derived.left, derived.usable - occupied - reserved);
            prop_assert!(derived.available() == 0 || derived.over_full() == 0);
            // One more held is one less to be had.
            let one_more = rules().derive(BedType::Icu, &Levels { reserved: reserved + 1, ..levels }).unwrap();
            prop_assert_eq!(one_more.left, derived.left - 1);
        }
    }
}
