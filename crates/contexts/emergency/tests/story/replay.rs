//! The day of 2022-12-09 as it was published, call by call through the commands.

use linli_db::Db;
use linli_emergency::EmergencyError;
use linli_emergency::commands::calls::NewCall;
use linli_emergency::commands::{calls, sweep};
use linli_emergency::model::CallClass;
use linli_emergency::queries::day::Share;

use crate::house::{House, NEAR, SEAT, act, call};

/// 31,863 came in; 25,414 were analysed, from 12,460 numbers; 6,011 of them repeats; 2,504 asked for a vehicle, 1,081 urgent and 1,423 not; 9,289
/// were advice or repeats. What is left of the analysed asked for nothing.
const INBOUND: i64 = 31_863;
const ANALYSED: usize = 25_414;
const NUMBERS: usize = 12_460;
const URGENT: usize = 1_081;
const NON_URGENT: usize = 1_423;
const REPEATS: usize = 6_011;
const ADVICE: usize = 9_289 - REPEATS;

/// What the calls of a day were, one after the other: first every number once, then again.
fn class_of(n: usize) -> CallClass {
    // The repeats come last, when every number has called.
    match n {
        n if n < URGENT => CallClass::VehicleUrgent,
        n if n < URGENT + NON_URGENT => CallClass::VehicleNonUrgent,
        n if n < URGENT + NON_URGENT + ADVICE => CallClass::Advice,
        n if n < ANALYSED - REPEATS => CallClass::Other,
        _ => CallClass::Repeat,
    }
}

linli_db::both_databases! {
    async fn the_ninth_of_december(db: Db) {
        let house = House::new(db).await;
        house.clock.set(crate::house::at(9, 0, 0));
        let ctx = house.staff(SEAT);
        for batch in (0..ANALYSED).step_by(500) {
            let mut tx = house.db.begin(NEAR).await.unwrap();
            for n in batch..(batch + 500).min(ANALYSED) {
                let class = class_of(n);
                // A repeat is of one that asked for something; the others go round the numbers.
                let who = if class == CallClass::Repeat { n % (URGENT + NON_URGENT + ADVICE) } else { n % NUMBERS };
                let new = NewCall { place_text: "某处".to_owned(), told: String::new(), ..call(&format!("139{who:08}"), class, &[]) };
                calls::record(&ctx, &mut tx, &house.office, &new).await.unwrap();
            }
            tx.commit().await.unwrap();
            house.later(400);
        }
        let day = jiff::civil::date(2026, 11, 9);
        let few = act!(house, SEAT, tx => sweep::say_inbound(&house.staff(SEAT), tx, day, 25_000)).unwrap_err();
        assert!(matches!(few, EmergencyError::Field { field: "inbound", .. }), "fewer came in than were taken down?");
        assert_eq!(house.figures(9).await.taken_share(), None, "nobody has told what came in");
        act!(house, SEAT, tx => sweep::say_inbound(&house.staff(SEAT), tx, day, INBOUND)).unwrap();
        let found = house.figures(9).await;
        assert_eq!((found.inbound, found.taken, found.numbers, found.without_number), (Some(31_863), 25_414, 12_460, 0));
        assert_eq!((found.urgent, found.non_urgent, found.vehicle_requests()), (1_081, 1_423, 2_504));
        assert_eq!((found.repeats, found.advice + found.repeats), (6_011, 9_289));
        // The published shares are of the requests, 11,793, not of what was analysed; each of ours says of what it is a part.
        assert_eq!(found.vehicle_share(), Share { part: 2_504, of: 11_793 });
        assert_eq!(found.advice_share(), Share { part: 9_289, of: 11_793 });
        let published = [(found.vehicle_share(), 2_124), (found.advice_share(), 7_876)];
        assert!(published.iter().all(|(share, told)| (share.hundredths().unwrap() - told).abs() <= 1), "to a hundredth of a point");
        assert_eq!(found.repeat_share(), Share { part: 6_011, of: 25_414 });
        assert_eq!(found.urgent_share(), Share { part: 1_081, of: 2_504 });
        assert_eq!(found.taken_share(), Some(Share { part: 25_414, of: 31_863 }));
        assert_eq!((found.diversion(), found.safety().hundredths()), (Share { part: 0, of: 1_423 }, None), "no diversion was in force");
        assert_eq!((found.to_vehicle.known, found.to_vehicle.missing), (0, 1_081), "no vehicle was sent here: missing, not zero seconds");
        house.whole().await;
    }
}
