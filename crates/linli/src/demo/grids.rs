//! Governance grids (治理网格): pieces of a community of about 300 to 500 households, across estates and buildings.

use super::divisions::Divisions;
use super::estates::Estate;
use super::houses::Building;

/// A grid has about this many households.
const USUAL: i64 = 400;
/// An estate with more than this is divided building by building where its buildings are known.
const LARGE: i64 = 240;

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
    #[cfg_attr(not(test), expect(dead_code, reason = "the tests count them"))]
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

/// Cuts the row of pieces, which keeps neighbours together, where the grids come nearest to the usual size: the cut with the
/// least sum of squared differences.
fn packed(pieces: impl Iterator<Item = (String, i64)>) -> Vec<(Vec<String>, i64)> {
    let pieces: Vec<(String, i64)> = pieces.collect();
    // For every number of pieces from the front: the least cost, and where the last grid of that cut begins.
    let mut best: Vec<(i64, usize)> = vec![(0, 0)];
    for end in 1..=pieces.len() {
        let mut size = 0;
        let mut least = (i64::MAX, 0);
        for (begin, (_, households)) in pieces.iter().enumerate().take(end).rev() {
            size += households;
            let before = best.get(begin).map_or(0, |b| b.0);
            let cost = before + (size - USUAL) * (size - USUAL);
            if cost < least.0 {
                least = (cost, begin);
            }
        }
        best.push(least);
    }
    let mut grids = Vec::new();
    let mut end = pieces.len();
    while end > 0 {
        let begin = best.get(end).map_or(0, |b| b.1);
        let grid = pieces.get(begin..end).unwrap_or_default();
        grids.push((grid.iter().map(|(place, _)| place.clone()).collect(), grid.iter().map(|(_, households)| households).sum()));
        end = begin;
    }
    grids.reverse();
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
