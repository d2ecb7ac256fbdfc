//! Daily returns: told, late, missing by name; what cannot be is stopped, what is unusual needs a reason, what was wrong is corrected with a trail.

use jiff::civil::date;
use linli_db::Db;
use linli_treatment::commands::returns::{NewReturn, Told, tell};
use linli_treatment::model::{Figures, InstitutionId, InstitutionKind, Level, Stated, UnitKind};
use linli_treatment::queries::returns::{FormDay, InTime};
use linli_treatment::{NetworkError, Wrong, queries};

use crate::house::{DISTRICT, House, MANAGER, OFFICER, OTHER_MANAGER, STEWARD, Staff, act, at};

const HOSPITAL: (InstitutionKind, Level) = (InstitutionKind::Hospital, Level::Tertiary);

fn numbers(pairs: &[(&str, i64)]) -> Figures {
    pairs.iter().map(|(field, number)| ((*field).to_owned(), Stated::Number(*number))).collect()
}

fn fever(day: i8, visits: i64) -> NewReturn {
    NewReturn {
        form: "fever_clinic".to_owned(),
        day: date(2026, 12, day),
        figures: numbers(&[("visits", visits), ("rooms_open", 4), ("transfers", visits.min(3))]),
        because: String::new(),
        seen: Some(0),
    }
}

impl House {
    pub async fn tell(&self, who: Staff, of: InstitutionId, input: &NewReturn) -> Result<Told, NetworkError> {
        let ctx = self.staff(who);
        act!(self, tx => tell(&ctx, tx, &self.network, of, input))
    }

    async fn day_of(&self, form: &str, day: i8) -> FormDay {
        let mut read = self.db.read().await.unwrap();
        let c = &mut read.conn();
        assert_eq!(queries::returns::check(c, DISTRICT).await.unwrap(), Vec::<String>::new());
        let all = queries::returns::day(&self.staff(OFFICER), c, &self.network, date(2026, 12, day)).await.unwrap();
        all.into_iter().find(|one| one.form.id == form).unwrap()
    }

    /// Two hospitals with fever clinics, and the managers of both.
    async fn two(&self) -> (InstitutionId, InstitutionId) {
        let east = self.institution("H1", "东院", HOSPITAL).await;
        let west = self.institution("H2", "西院", HOSPITAL).await;
        for one in [east, west] {
            self.unit(one, UnitKind::FeverClinic, "发热门诊").await;
        }
        self.appoint(MANAGER, east).await;
        self.appoint(OTHER_MANAGER, west).await;
        (east, west)
    }
}

linli_db::both_databases! {
    async fn late_and_missing_are_shown_by_name(db: Db) {
        let house = House::new(db).await;
        let (east, west) = house.two().await;
        house.tell(MANAGER, east, &fever(14, 120)).await.unwrap();
        let states = |day: FormDay| day.standings.into_iter().map(|one| (one.name, one.state)).collect::<Vec<_>>();
        let expected = |east, west| vec![("东院".to_owned(), east), ("西院".to_owned(), west)];
        assert_eq!(states(house.day_of("fever_clinic", 14).await), expected(InTime::Told, InTime::Awaited));
        house.clock.set(at(15, 10, 1));
        assert_eq!(states(house.day_of("fever_clinic", 14).await), expected(InTime::Told, InTime::Missing));
        house.tell(OTHER_MANAGER, west, &fever(14, 0)).await.unwrap();
        let day = house.day_of("fever_clinic", 14).await;
        assert_eq!(states(day.clone()), expected(InTime::Told, InTime::Late));
        assert_eq!(day.sums[0].sum, linli_treatment::model::Sum { sum: 120, numbers: 2, unknown: 0, suppressed: 0 });
        // A correction after the due time makes nothing late that was in time.
        let correction = NewReturn { because: "漏报一例".to_owned(), seen: Some(1), ..fever(14, 121) };
        house.tell(MANAGER, east, &correction).await.unwrap();
        assert_eq!(states(house.day_of("fever_clinic", 14).await), expected(InTime::Told, InTime::Late));
    }

    async fn what_cannot_be_is_stopped_and_what_is_unusual_needs_a_reason(db: Db) {
        let house = House::new(db).await;
        let (east, _) = house.two().await;
        house.unit(east, UnitKind::Observation, "急诊留观").await;
        let full = |used, because: &str| NewReturn {
            form: "emergency".to_owned(),
            day: date(2026, 12, 14),
            figures: numbers(&[("visits", 300), ("observation_beds", 20), ("observation_used", used), ("observation_converted", 0)]),
            because: because.to_owned(),
            seen: Some(0),
        };
        match house.tell(MANAGER, east, &full(126, "")).await {
            Err(NetworkError::Fields(wrong)) => assert_eq!(wrong, [("observation_used".to_owned(), Wrong::Full { percent: 630 })]),
            other => panic!("{other:?}"),
        }
        match house.tell(MANAGER, east, &full(1_260, "真的")).await {
            Err(NetworkError::Fields(wrong)) => assert_eq!(wrong, [("observation_used".to_owned(), Wrong::CannotBe { percent: 6_300 })]),
            other => panic!("{other:?}"),
        }
        house.tell(MANAGER, east, &full(126, "走廊加床")).await.unwrap();
        let day = house.day_of("emergency", 14).await;
        assert_eq!((day.over_full[0].name.as_str(), day.over_full[0].used, day.over_full[0].of), ("东院", 126, 20));
        // A field that the form has not, and a day to come.
        let odd = NewReturn { figures: numbers(&[("visits", 1), ("beds", 3)]), ..fever(14, 1) };
        match house.tell(MANAGER, east, &odd).await {
            Err(NetworkError::Fields(wrong)) => assert_eq!(wrong, [("beds".to_owned(), Wrong::NotAChoice)]),
            other => panic!("{other:?}"),
        }
        let tomorrow = house.tell(MANAGER, east, &fever(16, 1)).await;
        assert!(matches!(tomorrow, Err(NetworkError::Field { problem: Wrong::InTheFuture, .. })), "{tomorrow:?}");
    }

    async fn a_correction_keeps_what_stood_before_and_says_why(db: Db) {
        let house = House::new(db).await;
        let (east, _) = house.two().await;
        let first = match house.tell(MANAGER, east, &fever(14, 120)).await.unwrap() {
            Told::First(id) => id,
            other => panic!("{other:?}"),
        };
        assert_eq!(house.tell(MANAGER, east, &fever(14, 120)).await.unwrap(), Told::Same(first), "the same again is the same");
        let silent = house.tell(MANAGER, east, &NewReturn { seen: Some(1), ..fever(14, 130) }).await;
        assert!(matches!(silent, Err(NetworkError::Fields(_))), "a correction says why: {silent:?}");
        let old = NewReturn { because: "补录".to_owned(), ..fever(14, 130) };
        assert!(matches!(house.tell(MANAGER, east, &old).await, Err(NetworkError::Changed)));
        let corrected = NewReturn { seen: Some(1), ..old };
        assert_eq!(house.tell(OFFICER, east, &corrected).await.unwrap(), Told::Corrected(first));
        let mut read = house.db.read().await.unwrap();
        let ctx = house.staff(OFFICER);
        let (c, whose, what) = (&mut read.conn(), (DISTRICT, east), ("fever_clinic", date(2026, 12, 14)));
        let view = queries::returns::about(&ctx, c, &house.network, whose, what).await.unwrap();
        let trail: Vec<_> = view.versions.iter().map(|one| (one.version, one.figures["visits"], one.because.as_str())).collect();
        assert_eq!(trail, [(2, Stated::Number(130), "补录"), (1, Stated::Number(120), "")]);
        assert_eq!(house.kinds(east.0).await.iter().filter(|kind| kind.starts_with("treatment.return")).count(), 2);
    }

    async fn everybody_tells_the_returns_of_the_own_house_only(db: Db) {
        let house = House::new(db).await;
        let (east, _) = house.two().await;
        assert!(matches!(house.tell(OTHER_MANAGER, east, &fever(14, 1)).await, Err(NetworkError::NotFound)));
        assert!(matches!(house.tell(STEWARD, east, &fever(14, 1)).await, Err(NetworkError::Denied(_))));
        // Whoever watches corrects, and tells none for others.
        assert!(matches!(house.tell(OFFICER, east, &fever(14, 1)).await, Err(NetworkError::Denied(_))));
        let mut read = house.db.read().await.unwrap();
        let asked = queries::returns::asked_of_own(&house.staff(MANAGER), &mut read.conn(), &house.network).await.unwrap().unwrap();
        assert_eq!(asked.0.name, "东院");
        let days: Vec<_> = asked.1.iter().map(|one| (one.day, one.state)).collect();
        assert_eq!(days[..2], [(date(2026, 12, 15), InTime::Awaited), (date(2026, 12, 14), InTime::Awaited)]);
        assert_eq!(days[2].1, InTime::Missing);
    }

    async fn the_peak_and_how_far_it_fell_back(db: Db) {
        let house = House::new(db).await;
        let (east, west) = house.two().await;
        for (day, visits) in [(9, 200), (10, 730), (12, 500), (14, 120)] {
            house.tell(MANAGER, east, &fever(day, visits)).await.unwrap();
        }
        let unknown = NewReturn { figures: [("visits".to_owned(), Stated::Unknown)].into(), ..fever(14, 0) };
        house.tell(OTHER_MANAGER, west, &unknown).await.unwrap();
        let day = house.day_of("fever_clinic", 14).await;
        let peak = day.sums[0].peak.unwrap();
        assert_eq!((peak.peak.day, peak.peak.sum, peak.last.sum, peak.fallen_permille), (date(2026, 12, 10), 730, 120, 835));
        assert_eq!((day.sums[0].sum.numbers, day.sums[0].sum.unknown), (1, 1), "unknown is no zero");
    }
}
