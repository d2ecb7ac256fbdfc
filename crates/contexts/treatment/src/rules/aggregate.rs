//! Returns put together (汇总): several days of one institution, several institutions, or both, by the way of each field (SANER,
//! `measure_aggregation`). What is not known and what is kept back is counted beside the sum, and never becomes a zero.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::returns::{Form, OverTime};
use crate::model::{Figures, InstitutionId, Stated, Sum};

/// A return that is put together with others.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// Of whom.
    pub of: InstitutionId,
    /// About which day.
    pub day: Date,
    /// What it says.
    pub figures: &'a Figures,
}

/// Why returns cannot be put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotTogether {
    /// The institutions of the form lie within each other.
    Overlap,
    /// One day of one institution twice: of which part, from 0.
    Twice(usize),
    /// Nobody says how several days of a field become one.
    NoWay(String),
}

/// Puts returns of one form together, field by field.
///
/// # Errors
/// When something would be counted twice, or nobody says how it is counted.
pub fn together(form: &Form, parts: &[Part<'_>]) -> Result<BTreeMap<String, Sum>, NotTogether> {
    let mut houses: BTreeMap<InstitutionId, BTreeMap<Date, &Figures>> = BTreeMap::new();
    for (i, part) in parts.iter().enumerate() {
        if houses.entry(part.of).or_default().insert(part.day, part.figures).is_some() {
            return Err(NotTogether::Twice(i));
        }
    }
    if !form.adds_up && houses.len() > 1 {
        return Err(NotTogether::Overlap);
    }
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    for days in houses.values() {
        for field in &form.fields {
            let told: Vec<Option<Stated>> = days.values().map(|figures| figures.get(&field.id).copied()).collect();
            // What none of them was asked is not in it.
            if told.iter().all(Option::is_none) {
                continue;
            }
            let sum = sums.entry(field.id.clone()).or_default();
            match (told.as_slice(), field.over_time) {
                ([Some(one)], _) => sum.add(*one),
                (days, Some(OverTime::Count)) => days.iter().for_each(|day| sum.add(day.unwrap_or(Stated::Unknown))),
                (days, Some(OverTime::PointInTime)) => sum.add(days.last().copied().flatten().unwrap_or(Stated::Unknown)),
                (_, None) => return Err(NotTogether::NoWay(field.id.clone())),
            }
        }
    }
    Ok(sums)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::rules::returns::Forms;
    use linli_kernel::{PlacePath, Ts};
    use linli_rulebook::Rulebook;

    const SHIPPED: &str = include_str!("../../rules/returns.toml");

    fn forms() -> Forms {
        let book = Rulebook::builtin(&[("treatment/returns.toml", SHIPPED)]).unwrap();
        book.get::<Forms>("treatment.returns", &PlacePath::root(), Ts(1_800_000_000_000_000)).unwrap().value.clone()
    }

    fn told(figures: &[(&str, Stated)]) -> Figures {
        figures.iter().map(|(field, stated)| ((*field).to_owned(), *stated)).collect()
    }

    fn part(of: u128, day: i8, figures: &Figures) -> Part<'_> {
        Part { of: InstitutionId(Uuid::from_u128(of)), day: jiff::civil::date(2022, 12, day), figures }
    }

    #[test]
    fn every_field_says_how_days_become_one() {
        for form in forms().all() {
            assert!(form.fields.iter().all(|field| field.over_time.is_some()), "{}", form.id);
        }
    }

    #[test]
    fn visits_add_up_and_of_rooms_the_newest_counts() {
        let forms = forms();
        let fever = forms.form("fever_clinic").unwrap();
        let one = told(&[("visits", Stated::Number(70)), ("rooms_open", Stated::Number(9))]);
        let two = told(&[("visits", Stated::Number(30)), ("rooms_open", Stated::Number(7))]);
        let silent = told(&[("visits", Stated::Unknown), ("rooms_open", Stated::Suppressed)]);
        let sums = together(fever, &[part(1, 2, &two), part(1, 1, &one), part(2, 1, &one)]).unwrap();
        assert_eq!((sums["visits"].sum, sums["rooms_open"].sum), (170, 16), "a week of rooms is not seven times as many");
        let sums = together(fever, &[part(1, 1, &one), part(1, 2, &silent), part(2, 1, &silent)]).unwrap();
        assert_eq!(sums["visits"], Sum { sum: 70, numbers: 1, unknown: 2, suppressed: 0 });
        assert_eq!(
            sums["rooms_open"],
            Sum { sum: 0, numbers: 0, unknown: 0, suppressed: 2 },
            "the newest is kept back: an older one does not stand in"
        );
        assert_eq!(together(fever, &[part(1, 1, &one), part(1, 1, &two)]), Err(NotTogether::Twice(1)));
    }

    #[test]
    fn regions_lie_within_each_other_and_what_nobody_says_is_not_guessed() {
        let forms = forms();
        let area = forms.form("area_day").unwrap();
        let figures = told(&[("inpatients", Stated::Number(5))]);
        assert_eq!(together(area, &[part(1, 1, &figures), part(2, 1, &figures)]), Err(NotTogether::Overlap));
        assert_eq!(together(area, &[part(1, 1, &figures), part(1, 2, &figures)]).unwrap()["inpatients"].sum, 5);
        let mut form = forms.form("icu").unwrap().clone();
        form.fields.iter_mut().for_each(|field| field.over_time = None);
        let figures = told(&[("icu_open", Stated::Number(5))]);
        assert!(together(&form, &[part(1, 1, &figures), part(2, 1, &figures)]).is_ok(), "one day of each asks for no way");
        assert_eq!(
            together(&form, &[part(1, 1, &figures), part(1, 2, &figures)]),
            Err(NotTogether::NoWay("icu_open".to_owned()))
        );
    }

    proptest! {
        /// In which order they come changes nothing, and nothing is lost: every figure is a number, unknown or kept back.
        #[test]
        fn order_changes_nothing(told_of in prop::collection::vec((1_u128..4, 1_i8..9, 0_usize..3, 0_i64..50), 1..20)) {
            let forms = forms();
            let fever = forms.form("fever_clinic").unwrap();
            let mut parts: BTreeMap<(u128, i8), Figures> = BTreeMap::new();
            for (of, day, kind, number) in told_of {
                let stated = [Stated::Number(number), Stated::Unknown, Stated::Suppressed][kind];
                parts.insert((of, day), told(&[("visits", stated)]));
            }
            let mut all: Vec<Part<'_>> = parts.iter().map(|((of, day), figures)| part(*of, *day, figures)).collect();
            let sums = together(fever, &all).unwrap();
            all.reverse();
            prop_assert_eq!(&together(fever, &all).unwrap(), &sums);
            let visits = sums["visits"];
            prop_assert_eq!(visits.numbers + visits.unknown + visits.suppressed, i64::try_from(parts.len()).unwrap());
            let numbers: i64 = parts.values().filter_map(|figures| figures["visits"].number()).sum();
            prop_assert_eq!(visits.sum, numbers);
        }
    }
}
