//! Governance grids (治理网格): pieces of a community of about 300 to 500 households, across estates and buildings.

use super::divisions::Divisions;
use super::estates::Estate;
use super::houses::Building;

/// Below this a grid still takes in more.
const SMALL: i64 = 300;
/// Above this it is divided where that can be done.
const LARGE: i64 = 500;

/// A governance grid.
#[derive(Debug, Clone)]
pub struct Grid {
    /// Natural key: the community's code, a dash and the number in it.
    pub code: String,
    /// `梅园新村社区第一网格`.
    pub name: String,
    /// Twelve digits.
    pub community: String,
    /// Place keys: whole estates, or buildings of large ones.
    pub covers: Vec<String>,
    /// Households under these.
    pub households: i64,
}

/// Lays the grids of every community.
pub fn lay(divisions: &Divisions, estates: &[Estate], houses: &[Vec<Building>]) -> Vec<Grid> {
    let mut grids = Vec::new();
    for (_, community) in divisions.lived_in() {
        let pieces = estates.iter().zip(houses).filter(|(e, _)| e.community == community.code).flat_map(|(e, b)| pieces_of(e, b));
        for (number, (covers, households)) in (1_usize..).zip(packed(pieces)) {
            grids.push(Grid {
                code: format!("{}-{number:02}", community.code),
                name: format!("{}第{}网格", community.short_name(), chinese(number)),
                community: community.code.clone(),
                covers,
                households,
            });
        }
    }
    grids
}

/// An estate whole, or building by building where it is too large for one grid.
fn pieces_of(estate: &Estate, buildings: &[Building]) -> Vec<(String, i64)> {
    if estate.households <= LARGE || buildings.is_empty() {
        return vec![(estate.code.clone(), estate.households)];
    }
    buildings.iter().map(|b| (format!("{}/{}", estate.code, b.name), b.homes())).collect()
}

/// Fills grids in order, so that neighbours stay together; a small rest joins the grid before it.
fn packed(pieces: impl Iterator<Item = (String, i64)>) -> Vec<(Vec<String>, i64)> {
    let mut grids: Vec<(Vec<String>, i64)> = Vec::new();
    let mut open: (Vec<String>, i64) = (Vec::new(), 0);
    for (place, households) in pieces {
        let full = open.1 >= SMALL || (open.1 + households > LARGE + 60 && open.1 >= SMALL / 2);
        if full && open.1 + households > LARGE {
            grids.push(std::mem::take(&mut open));
        }
        open.0.push(place);
        open.1 += households;
    }
    match grids.last_mut() {
        Some(last) if open.1 < SMALL / 2 && last.1 + open.1 <= LARGE + 120 => {
            last.0.append(&mut open.0);
            last.1 += open.1;
        }
        _ if open.0.is_empty() => {}
        _ => grids.push(open),
    }
    grids
}

/// 一 to 九十九.
pub fn chinese(number: usize) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let digit = |n: usize| DIGITS.get(n).copied().unwrap_or_default();
    match number {
        0..=9 => digit(number).to_owned(),
        10..=19 => format!("十{}", digit(number % 10)),
        _ => format!("{}十{}", digit(number / 10 % 10), digit(number % 10)),
    }
}
