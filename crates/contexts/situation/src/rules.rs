//! When published figures fit the records, and when they cannot all be true.

use std::cmp::Ordering;

use linli_territory::model::Coverage;

use crate::model::{Child, Counted, Precision, Published};

/// "About" allows this much in per cent of the published value, either way.
const ABOUT_PER_CENT: i64 = 5;
/// "Over" is said of the round number just below: up to this many per cent above it still fit.
const OVER_PER_CENT: i64 = 20;

/// A published figure beside what the records say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beside {
    /// The published figure as a count: a share taken of what was published of its whole, else of what is on record.
    pub implied: i64,
    /// What the records say.
    pub recorded: i64,
    /// Whether they fit, given how the figure was put.
    pub fits: bool,
}

/// The published figure beside the records.
#[must_use]
pub fn beside(one: &Published, all: &[Published], coverage: &Coverage) -> Beside {
    let recorded = one.figure.on_record(coverage);
    let implied = implied(one, all)
        .unwrap_or_else(|| one.share_of.map_or(one.value, |whole| percent_of(one.value, whole.on_record(coverage))));
    Beside {
        implied,
        recorded,
        fits: fits(implied, recorded, if one.share_of.is_some() { Precision::About } else { one.precision }),
    }
}

/// A published figure as a count, by the published whole when it is a share; `None` when that whole was not published.
#[must_use]
pub fn implied(one: &Published, all: &[Published]) -> Option<i64> {
    match one.share_of {
        None => Some(one.value),
        Some(whole) => all.iter().find(|p| p.figure == whole && p.share_of.is_none()).map(|p| percent_of(one.value, p.value)),
    }
}

const fn percent_of(percent: i64, whole: i64) -> i64 {
    // Rounded to the nearest, as one would on paper.
    (percent * whole + 50) / 100
}

fn fits(published: i64, recorded: i64, precision: Precision) -> bool {
    let within = |per_cent: i64| (recorded - published).abs() * 100 <= published.abs() * per_cent;
    match precision {
        Precision::Exactly => published == recorded,
        Precision::About => within(ABOUT_PER_CENT),
        Precision::Over => recorded >= published && within(OVER_PER_CENT),
    }
}

/// Published figures of one place that cannot all be true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conflict {
    /// A part is larger than its whole.
    PartExceedsWhole {
        /// The part.
        part: Counted,
        /// As published, a count.
        part_count: i64,
        /// The whole.
        whole: Counted,
        /// As published, a count.
        whole_count: i64,
        /// The whole was published as so many per cent of this figure.
        share: Option<(i64, Counted)>,
        /// Of which other published figure the same per cent would fit, and how many that would be.
        other_reading: Option<(Counted, i64)>,
    },
    /// The parts do not make up the whole.
    PartsDoNotAddUp {
        /// The whole.
        whole: Counted,
        /// As published.
        whole_count: i64,
        /// The sum of its parts as published.
        sum: i64,
        /// The parts.
        parts: [Counted; 2],
    },
}

/// Part and whole, by what the words mean.
const PARTS: [(Counted, Counted); 10] = [
    (Counted::Old, Counted::Estates),
    (Counted::Closed, Counted::Estates),
    (Counted::Scattered, Counted::Estates),
    (Counted::InCare, Counted::Estates),
    (Counted::InCareClosed, Counted::InCare),
    (Counted::InCareScattered, Counted::InCare),
    (Counted::InCareClosed, Counted::Closed),
    (Counted::InCareScattered, Counted::Scattered),
    (Counted::AreaInCare, Counted::Area),
    (Counted::HouseholdsInCare, Counted::Households),
];

/// Wholes with their two parts: every estate is closed or scattered.
const SUMS: [(Counted, [Counted; 2]); 2] = [
    (Counted::Estates, [Counted::Closed, Counted::Scattered]),
    (Counted::InCare, [Counted::InCareClosed, Counted::InCareScattered]),
];

/// The contradictions among the figures published about one place.
#[must_use]
pub fn conflicts(published: &[Published]) -> Vec<Conflict> {
    let of = |figure: Counted| published.iter().find(|p| p.figure == figure).and_then(|p| Some((p, implied(p, published)?)));
    let mut found: Vec<Conflict> = Vec::new();
    for (part, whole) in PARTS {
        let (Some((_, part_count)), Some((printed, whole_count))) = (of(part), of(whole)) else { continue };
        if part_count > whole_count {
            let share = printed.share_of.map(|base| (printed.value, base));
            let other_reading = share.and_then(|(percent, base)| other_reading(published, percent, base, part_count));
            found.push(Conflict::PartExceedsWhole { part, part_count, whole, whole_count, share, other_reading });
        }
    }
    for (whole, parts) in SUMS {
        let [a, b] = parts;
        let (Some((printed, whole_count)), Some((pa, ca)), Some((pb, cb))) = (of(whole), of(a), of(b)) else { continue };
        let exact = [printed, pa, pb].iter().all(|p| p.precision == Precision::Exactly && p.share_of.is_none());
        if exact && ca + cb != whole_count {
            found.push(Conflict::PartsDoNotAddUp { whole, whole_count, sum: ca + cb, parts });
        }
    }
    found
}

/// Another published count of which the same per cent would be large enough.
fn other_reading(published: &[Published], percent: i64, base: Counted, at_least: i64) -> Option<(Counted, i64)> {
    let others = published.iter().filter(|p| p.share_of.is_none() && p.figure != base && !p.figure.is_area());
    let readings = others.map(|p| (p.figure, percent_of(percent, p.value)));
    // Figures of homes are no reading of a share of estates.
    let of_estates = readings.filter(|(figure, _)| !matches!(figure, Counted::Households | Counted::HouseholdsInCare));
    of_estates.filter(|(_, count)| *count >= at_least).min_by_key(|(_, count)| *count)
}

/// What needs help first: more overdue, then more open, then the order people know.
#[must_use]
pub fn needs_help_first(a: &Child, b: &Child) -> Ordering {
    b.counts.overdue.cmp(&a.counts.overdue).then(b.counts.open.cmp(&a.counts.open))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use linli_kernel::PlacePath;

    use super::*;

    fn published(figure: Counted, value: i64, precision: Precision, share_of: Option<Counted>) -> Published {
        Published {
            place: PlacePath::root(),
            figure,
            value,
            share_of,
            precision,
            source: "报".into(),
            published_on: date(2023, 1, 6),
        }
    }

    /// What was printed about Xuanwu on 2023-01-06.
    fn xuanwu() -> Vec<Published> {
        use Counted::{Estates, HouseholdsInCare, InCare, InCareClosed, InCareScattered, Old, Scattered};
        use Precision::{About, Exactly, Over};
        vec![
            published(Estates, 566, Exactly, None),
            published(Old, 437, Exactly, None),
            published(Scattered, 40, About, Some(Old)),
            published(InCare, 268, Exactly, None),
            published(InCareClosed, 52, Exactly, None),
            published(InCareScattered, 216, Exactly, None),
            published(Counted::AreaInCare, 470_000_000, Over, None),
            published(HouseholdsInCare, 60_000, About, None),
        ]
    }

    #[test]
    fn forty_per_cent_of_the_old_ones_are_fewer_than_those_in_care() {
        assert_eq!(
            conflicts(&xuanwu()),
            [Conflict::PartExceedsWhole {
                part: Counted::InCareScattered,
                part_count: 216,
                whole: Counted::Scattered,
                whole_count: 175,
                share: Some((40, Counted::Old)),
                other_reading: Some((Counted::Estates, 226)),
            }]
        );
        let mut repaired = xuanwu();
        repaired[2].share_of = Some(Counted::Estates);
        assert_eq!(conflicts(&repaired), []);
    }

    #[test]
    fn parts_must_make_up_the_whole() {
        let mut figures = xuanwu();
        figures.remove(2);
        figures[3].value = 53;
        assert_eq!(
            conflicts(&figures),
            [Conflict::PartsDoNotAddUp {
                whole: Counted::InCare,
                whole_count: 268,
                sum: 269,
                parts: [Counted::InCareClosed, Counted::InCareScattered]
            }]
        );
    }

    #[test]
    fn a_figure_fits_the_records_as_it_was_put() {
        let coverage = Coverage {
            estates: 566,
            old: 437,
            scattered: 226,
            area_in_care: 473_200_000,
            households_in_care: 61_000,
            ..Coverage::default()
        };
        let all = xuanwu();
        let fit: Vec<(i64, i64, bool)> =
            all.iter().map(|p| beside(p, &all, &coverage)).map(|b| (b.implied, b.recorded, b.fits)).collect();
        assert_eq!(fit[0], (566, 566, true));
        assert_eq!(fit[2], (175, 226, false), "as printed, of the old ones");
        assert_eq!(fit[3], (268, 0, false));
        assert_eq!(fit[6], (470_000_000, 473_200_000, true));
        assert_eq!(fit[7], (60_000, 61_000, true));
        let under = Coverage { area_in_care: 469_999_999, ..coverage };
        assert!(!beside(&all[6], &all, &under).fits, "over is not under");
    }
}
