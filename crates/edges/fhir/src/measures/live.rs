//! Measures of our own that nobody types: counted of what is written, at the moment they are asked for.

use linli_care::follow::Desk;
use linli_care::follow::queries::{GroupCounts, counts_of_own};
use linli_hall::Hall;
use linli_kernel::Ts;
use linli_treatment::BedDesk;
use linli_treatment::model::Sum;
use linli_treatment::model::beds::BedType;
use linli_treatment::queries::measured::{Answering, OfBeds, answering, stock};
use linli_webkit::{AppError, RequestInfo};

use crate::outcome::{Issue, Kind, Refusal};
use crate::program::Program;
use crate::routes::house;
use crate::table::Room;

/// A measure that is counted.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) id: &'static str,
    /// What the house has to have.
    pub(crate) room: Room,
    /// How SANER scores it.
    pub(crate) scoring: Option<&'static str>,
    /// What is counted, and how several days of it become one.
    pub(crate) fields: &'static [(&'static str, &'static str)],
}

const COUNT: &str = "count";
const POINT: &str = "point-in-time";

/// Those that there are (`peers-health` 3.3: what SANER has no measure for).
pub(crate) static LIVE: [Live; 4] = [
    Live {
        id: "referrals-pending",
        room: Room::Treatment,
        scoring: Some("queue-length"),
        fields: &[("referrals_asked", COUNT), ("referrals_pending", POINT), ("referrals_declined", COUNT)],
    },
    Live {
        id: "minutes-to-acceptance",
        room: Room::Treatment,
        scoring: Some("service-time"),
        fields: &[("referrals_accepted", COUNT), ("acceptance_minutes", COUNT)],
    },
    Live {
        id: "beds",
        room: Room::Treatment,
        scoring: Some("availability"),
        fields: &[
            ("beds_observation_in_place", POINT),
            ("beds_observation_occupied", POINT),
            ("beds_observation_available", POINT),
            ("beds_observation_convertible", POINT),
            ("beds_observation_converted", POINT),
            ("beds_icu_open", POINT),
            ("beds_icu_staffed", POINT),
            ("beds_icu_occupied", POINT),
            ("beds_icu_available", POINT),
            ("beds_icu_convertible", POINT),
            ("beds_icu_converted", POINT),
        ],
    },
    Live {
        id: "key-group",
        room: Room::Care,
        scoring: None,
        fields: &[("key_group_enrolled", POINT), ("key_group_reported", COUNT), ("key_group_low", COUNT)],
    },
];

/// A measure that is counted, by its id, where the house has what it is counted of.
pub(crate) fn live(hall: &Hall, id: &str) -> Option<&'static Live> {
    LIVE.iter().find(|live| live.id == id && has(hall, live.room))
}

/// Whether the house has a room: the care side, in a house of one profile, is none.
pub(crate) fn has(hall: &Hall, room: Room) -> bool {
    room != Room::Care || hall.service::<Desk>().is_ok()
}

/// What is counted, in the order of the measure, and the average of it.
pub(crate) type Counted = (Vec<(String, Sum)>, Option<i64>);

const fn known(number: i64) -> Sum {
    Sum { sum: number, numbers: 1, unknown: 0, suppressed: 0 }
}

/// Counts what a measure counts, from an instant until before another.
pub(crate) async fn counted(
    live: &Live,
    program: &Program,
    (hall, info): (&Hall, &RequestInfo),
    (from, until): (Ts, Ts),
) -> Result<Counted, Refusal> {
    let now = hall.now();
    let mut read = hall.read().await.map_err(house(info))?;
    let c = &mut read.conn();
    let failed = |error: linli_treatment::BedError| of_period(AppError::from(error), info);
    let of_field: Box<dyn Fn(&str) -> Sum + Send> = match live.id {
        "beds" => {
            let desk = hall.service::<BedDesk>().map_err(house(info))?;
            // The last instant of the period, or now.
            let at = Ts(until.0.saturating_sub(1)).min(now);
            let sums = stock(&program.ctx, c, &desk, at).await.map_err(failed)?;
            let untold = || Sum { unknown: 1, ..Sum::default() };
            Box::new(move |field: &str| of_beds(field).and_then(|key| sums.get(&key).copied()).unwrap_or_else(untold))
        }
        "key-group" => {
            // Who was followed then is not kept, so it is not told.
            if from > now || until <= now {
                let issue = Issue::new(Kind::NotSupported, "fhir-error-evaluate-now").at("http.periodEnd");
                return Err(Refusal::unreadable(vec![issue]));
            }
            let desk = hall.service::<Desk>().map_err(house(info))?;
            let found = counts_of_own(&program.ctx, c, &desk, (from, until)).await;
            let GroupCounts { enrolled, reported, low } = found.map_err(|error| house(info)(AppError::from(error)))?;
            Box::new(move |field: &str| {
                known(match field {
                    "key_group_enrolled" => enrolled,
                    "key_group_low" => low,
                    _ => reported,
                })
            })
        }
        _ => {
            let found = answering(&program.ctx, c, (from, until)).await.map_err(failed)?;
            Box::new(move |field: &str| known(of_answers(field, &found)))
        }
    };
    let figures: Vec<(String, Sum)> = live.fields.iter().map(|(field, _)| ((*field).to_owned(), of_field(field))).collect();
    let number = |name: &str| figures.iter().find(|(field, _)| field == name).map_or(0, |(_, sum)| sum.sum);
    let (accepted, minutes) = (number("referrals_accepted"), number("acceptance_minutes"));
    let score = (accepted > 0).then(|| (minutes + accepted / 2) / accepted);
    Ok((figures, score))
}

fn of_answers(field: &str, found: &Answering) -> i64 {
    match field {
        "referrals_asked" => found.asked,
        "referrals_pending" => found.pending,
        "referrals_declined" => found.declined,
        "referrals_accepted" => found.accepted,
        _ => found.minutes,
    }
}

/// Which figure of which kind of bed: `beds_{kind}_{figure}`.
fn of_beds(field: &str) -> Option<(BedType, OfBeds)> {
    let (kind, figure) = field.strip_prefix("beds_")?.split_once('_')?;
    let figure = match figure {
        "in_place" => OfBeds::InPlace,
        "open" => OfBeds::Open,
        "staffed" => OfBeds::Staffed,
        "occupied" => OfBeds::Occupied,
        "available" => OfBeds::Available,
        "convertible" => OfBeds::Convertible,
        "converted" => OfBeds::Converted,
        _ => return None,
    };
    Some((kind.parse().ok()?, figure))
}

/// What is wrong with the period is said of the period.
fn of_period(error: AppError, info: &RequestInfo) -> Refusal {
    match error.fields().first().map(|problem| problem.text(info.t())) {
        Some(words) => Refusal::of(error.status(), Issue::in_words(Kind::Value, words).at("http.periodStart")),
        None => house(info)(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_of_beds_is_one_of_the_ledger() {
        for (field, _) in LIVE.iter().filter(|live| live.id == "beds").flat_map(|live| live.fields) {
            assert!(of_beds(field).is_some(), "{field}");
        }
        assert_eq!(of_beds("beds_icu_staffed"), Some((BedType::Icu, OfBeds::Staffed)));
        assert_eq!((of_beds("beds_moon_open"), of_beds("beds_icu_colour")), (None, None));
    }
}
