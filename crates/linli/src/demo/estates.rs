//! The estates: exactly as many of each sort as the newspaper printed.

use super::dice::Dice;
use super::divisions::Divisions;
use super::names::{EstateNames, Style, unreal_credit_code};
use super::outline::Ground;

/// Figures of Guangming Daily, 2023-01-06, on Xuanwu.
pub mod printed {
    /// 居民小区.
    pub const ESTATES: usize = 566;
    /// 老旧小区, "built by 2000" here.
    pub const OLD: usize = 437;
    /// 托管小区 (268, entrusted to the state-owned property company): of these 封闭.
    pub const ENTRUSTED_CLOSED: usize = 52;
    /// Of these 零散.
    pub const ENTRUSTED_SCATTERED: usize = 216;
    /// 零散 in all. The source says "about 40 %" and not of what: of the 437 old ones it would be 175, fewer than the 216
    /// entrusted; of all 566 it is 226, which is what the demonstration takes.
    pub const SCATTERED: usize = 226;
}

use printed::{ENTRUSTED_CLOSED, ENTRUSTED_SCATTERED, ESTATES, OLD, SCATTERED};

/// Closed or scattered (封闭、零散).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 封闭.
    Closed,
    /// 零散.
    Scattered,
}

impl Kind {
    /// The word in the import file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Scattered => "scattered",
        }
    }
}

/// Who manages an estate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Management {
    /// 国企物业托管.
    Entrusted,
    /// A property company under contract.
    Commercial,
    /// 自管: the owners or a former work unit.
    SelfManaged,
    /// Nobody.
    None,
}

impl Management {
    /// The word in the import file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Entrusted => "entrusted",
            Self::Commercial => "commercial",
            Self::SelfManaged => "self_managed",
            Self::None => "none",
        }
    }
}

/// An organisation by name and credit code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firm {
    /// Invented name.
    pub name: String,
    /// A code that belongs to nobody, see [`unreal_credit_code`].
    pub credit_code: String,
}

/// The company that holds the entrusted estates. Invented.
pub fn entrusted_company() -> Firm {
    Firm { name: "玄武惠民示范物业有限公司".to_owned(), credit_code: unreal_credit_code(1) }
}

/// An estate (小区).
#[derive(Debug, Clone)]
pub struct Estate {
    /// Natural key, `XW0001` to `XW0566`.
    pub code: String,
    /// Twelve digits.
    pub community: String,
    /// Invented.
    pub name: String,
    /// Closed or scattered.
    pub kind: Kind,
    /// Year of building.
    pub year_built: i64,
    /// Building area in 0.01 m². Set by the houses for the entrusted ones.
    pub area: i64,
    /// Households. Set by the houses for the entrusted ones.
    pub households: i64,
    /// Who manages it.
    pub management: Management,
    /// The managing firm, where there is one.
    pub manager: Option<Firm>,
    /// Since when, ISO date.
    pub managed_since: Option<String>,
    /// Longitude, WGS-84.
    pub lon: f64,
    /// Latitude, WGS-84.
    pub lat: f64,
}

/// One sort of estate: how many, and what they are like.
struct Sort {
    count: usize,
    kind: Kind,
    old: bool,
    management: Management,
}

const fn sorts() -> [Sort; 7] {
    use Kind::{Closed, Scattered};
    let old_elsewhere = OLD - ENTRUSTED_CLOSED - ENTRUSTED_SCATTERED - (SCATTERED - ENTRUSTED_SCATTERED);
    let commercial = 62;
    let self_managed = 55;
    [
        Sort { count: ENTRUSTED_CLOSED, kind: Closed, old: true, management: Management::Entrusted },
        Sort { count: ENTRUSTED_SCATTERED, kind: Scattered, old: true, management: Management::Entrusted },
        Sort { count: SCATTERED - ENTRUSTED_SCATTERED, kind: Scattered, old: true, management: Management::None },
        Sort { count: commercial, kind: Closed, old: true, management: Management::Commercial },
        Sort { count: self_managed, kind: Closed, old: true, management: Management::SelfManaged },
        Sort { count: old_elsewhere - commercial - self_managed, kind: Closed, old: true, management: Management::None },
        Sort { count: ESTATES - OLD, kind: Closed, old: false, management: Management::Commercial },
    ]
}

/// Invents the estates, in the order of their communities.
pub fn invent(divisions: &Divisions, ground: &Ground, seed: u64) -> Vec<Estate> {
    let dice = Dice::new(seed, "estates");
    let mut names = EstateNames::avoiding(divisions.lived_in().map(|(s, c)| format!("{}{}", s.name, c.name)).collect());
    let mut homes_of = spread_over(divisions, &dice);
    let mut estates: Vec<Estate> = sorts()
        .iter()
        .flat_map(|sort| std::iter::repeat_n(sort, sort.count))
        .map(|sort| {
            let community = homes_of.next_for(sort.old, &dice);
            let (lon, lat) = ground.place_in(divisions, &community, &dice);
            estate(sort, community, &mut names, (lon, lat), &dice)
        })
        .collect();
    estates.sort_by(|a, b| a.community.cmp(&b.community).then_with(|| a.name.cmp(&b.name)));
    for (estate, number) in estates.iter_mut().zip(1..) {
        estate.code = format!("XW{number:04}");
    }
    estates
}

fn estate(sort: &Sort, community: String, names: &mut EstateNames, (lon, lat): (f64, f64), dice: &Dice) -> Estate {
    let style = match (sort.kind, sort.old) {
        (Kind::Scattered, _) => Style::Lane,
        (Kind::Closed, true) => Style::WalledOld,
        (Kind::Closed, false) => Style::WalledNew,
    };
    let name = names.next(style, dice);
    let year_built = match (sort.kind, sort.old) {
        (Kind::Scattered, _) => dice.between(1958, 1996),
        (Kind::Closed, true) => dice.between(1978, 2000),
        (Kind::Closed, false) => dice.between(2001, 2021),
    };
    let households = if sort.kind == Kind::Scattered { dice.between(40, 150) } else { dice.between(110, 540) };
    let (manager, managed_since) = match sort.management {
        // Entrusted management began in July 2020.
        Management::Entrusted => (Some(entrusted_company()), Some(first_of_month(2020, 7, dice.between(0, 26)))),
        Management::Commercial => {
            let number = dice.between(1, 28);
            (Some(commercial_firm(number)), Some(first_of_month(year_built.max(2003), 1, dice.between(0, 40))))
        }
        Management::SelfManaged | Management::None => (None, None),
    };
    Estate {
        code: String::new(),
        community,
        name,
        kind: sort.kind,
        year_built,
        area: households * dice.between(6_200, 12_800),
        households,
        management: sort.management,
        manager,
        managed_since,
        lon,
        lat,
    }
}

fn first_of_month(year: i64, month: i64, later: i64) -> String {
    let months = year * 12 + month - 1 + later;
    format!("{:04}-{:02}-01", months / 12, months % 12 + 1)
}

/// One of the invented companies of the other estates.
fn commercial_firm(number: i64) -> Firm {
    const NAMES: [&str; 14] =
        ["栖和", "澄安", "万邻", "畅居", "润庭", "禾悦", "启邻", "沐家", "锦檐", "和巷", "青檐", "朗坤里", "邻禾", "安楫"];
    let index = usize::try_from(number).unwrap_or(0);
    let name = NAMES.get(index % NAMES.len()).copied().unwrap_or_default();
    let form = if index < NAMES.len() { "示范物业服务有限公司" } else { "示范物业管理有限公司" };
    Firm { name: format!("{name}{form}"), credit_code: unreal_credit_code(100 + index) }
}

/// In which community the next estate lies: each gets a few, the rest is drawn by weight. Old estates crowd in the communities
/// of the first subdistricts (the old town has the low codes), new ones outside.
struct Spread {
    communities: Vec<String>,
    old: Vec<usize>,
    new: Vec<usize>,
    first: Vec<String>,
}

fn spread_over(divisions: &Divisions, dice: &Dice) -> Spread {
    let communities: Vec<String> = divisions.lived_in().map(|(_, c)| c.code.clone()).collect();
    let half = communities.len() / 2;
    let weights = |inner: i64, outer: i64| -> Vec<usize> {
        (0..communities.len())
            .map(|i| {
                let base = if i < half { inner } else { outer };
                usize::try_from(base + dice.between(0, 8)).unwrap_or(1)
            })
            .collect()
    };
    let (old, new) = (weights(10, 5), weights(2, 8));
    // Every community begins with four estates drawn in turn, so that none is empty.
    let mut first: Vec<String> = communities.iter().flat_map(|c| std::iter::repeat_n(c.clone(), 4)).collect();
    dice.shuffle(&mut first);
    Spread { communities, old, new, first }
}

impl Spread {
    fn next_for(&mut self, old: bool, dice: &Dice) -> String {
        let weights = if old { &self.old } else { &self.new };
        let begin = old && dice.chance(60);
        begin
            .then(|| self.first.pop())
            .flatten()
            .unwrap_or_else(|| self.communities.get(dice.weighted(weights)).cloned().unwrap_or_default())
    }
}
