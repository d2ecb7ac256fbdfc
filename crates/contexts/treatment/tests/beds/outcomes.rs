//! How stays ended beside what there is room for: what is counted, of what it is a part, and what is not known.

use http::StatusCode;
use linli_access::Denied;
use linli_db::Db;
use linli_treatment::commands::referrals::{NewReferral, Next};
use linli_treatment::model::referrals::{InboundKey, Outcome, Patient, Severity};
use linli_treatment::queries::outcomes::{CityOutcomes, Outcomes, Room};
use linli_treatment::{BedError, queries};

use crate::house::{COORDINATOR, DOCTOR, FAR, House, LEAD, LEAD_BEDS, LEAD_ICU, OFFICER, SECRETARY, Staff, at};
use crate::referral::{first, up, zhang};
use crate::web::Web;

fn of(n: u32, severity: Severity) -> NewReferral {
    NewReferral { patient: Patient { id_number: format!("32010219440501{n:04}"), ..zhang() }, ..up(severity) }
}

impl House {
    /// The so manieth patient comes to the lead hospital and lies there.
    async fn comes(&self, n: u32, severity: Severity) -> InboundKey {
        let id = self.ask(DOCTOR, of(n, severity)).await.unwrap();
        self.post().await;
        self.accept(LEAD_BEDS, first(id), Some(LEAD_ICU)).await.unwrap();
        self.post().await;
        self.go_on(DOCTOR, id, Next::Depart).await.unwrap();
        self.post().await;
        self.arrive(LEAD_BEDS, first(id), None).await.unwrap();
        self.post().await;
        first(id)
    }

    async fn ends(&self, key: InboundKey, outcome: Outcome) {
        self.complete(LEAD_BEDS, key, outcome).await.unwrap();
        self.post().await;
    }

    async fn outcomes(&self, who: Staff, (day, alone): (i8, bool)) -> Result<CityOutcomes, BedError> {
        let mut read = self.db.read().await.unwrap();
        let day = jiff::civil::date(2026, 11, day);
        queries::outcomes::outcomes(&self.staff(who), &mut read.conn(), &self.desk, (day, alone)).await
    }
}

linli_db::both_databases! {
    async fn deaths_recovered_and_who_came_back(db: Db) {
        let house = House::new(db).await;
        house.icu(LEAD_BEDS, LEAD_ICU, 9).await;
        let died = house.comes(1, Severity::Critical).await;
        let home = house.comes(2, Severity::Ordinary).await;
        let back = house.comes(3, Severity::Severe).await;
        let stays_away = house.comes(4, Severity::Severe).await;
        let elsewhere = house.comes(5, Severity::Ordinary).await;
        house.comes(6, Severity::Severe).await;
        house.ends(died, Outcome::Died).await;
        house.clock.set(at(25, 9, 0));
        house.ends(home, Outcome::Home).await;
        house.ends(back, Outcome::SteppedDown).await;
        house.ends(stays_away, Outcome::SteppedDown).await;
        house.ends(elsewhere, Outcome::Elsewhere).await;
        let city = house.outcomes(OFFICER, (25, false)).await.unwrap();
        let grid = &city.grids[0];
        let lead = grid.houses.iter().find(|one| one.at == (FAR, LEAD)).unwrap();
        let first_day = Outcomes {
            ended: 5,
            severe: 3,
            died: 1,
            recovered: 3,
            elsewhere: 1,
            untold: 0,
            stepped_down: 2,
            followed: 0,
            came_back: 0,
        };
        assert_eq!(lead.outcomes, first_day, "of those who stepped down nothing is known yet");
        assert_eq!((grid.name.as_str(), grid.together, city.together), ("G01", first_day, first_day));
        // Nine beds, and one of six who came still lies there.
        assert_eq!(lead.room, Room { icu: Some(8), there: 1, severe: 1 });
        assert_eq!(house.outcomes(OFFICER, (24, true)).await.unwrap().together, Outcomes { ended: 1, severe: 1, died: 1, ..Outcomes::default() });
        // Two days later one of them is referred up again; of the other it is known after seven days.
        house.clock.set(at(27, 9, 0));
        house.ask(DOCTOR, of(3, Severity::Critical)).await.unwrap();
        let known = |city: &CityOutcomes| (city.together.stepped_down, city.together.followed, city.together.came_back);
        assert_eq!(known(&house.outcomes(OFFICER, (27, false)).await.unwrap()), (2, 1, 1));
        house.clock.set(at(30, 9, 0));
        house.clock.advance_secs(3 * 86_400);
        assert_eq!(known(&house.outcomes(COORDINATOR, (30, false)).await.unwrap()), (2, 2, 1));
        // Who comes after the days of the rule did not come back.
        house.ask(DOCTOR, of(4, Severity::Critical)).await.unwrap();
        assert_eq!(known(&house.outcomes(OFFICER, (30, false)).await.unwrap()), (2, 2, 1));
        assert!(matches!(house.outcomes(SECRETARY, (30, false)).await, Err(BedError::Denied(Denied::Forbidden))));
        house.whole().await;
    }

    async fn few_cases_make_no_share_and_nobody_is_named(db: Db) {
        let web = Web::open(db).await;
        web.house.icu(LEAD_BEDS, LEAD_ICU, 20).await;
        for n in 1..=9 {
            let key = web.house.comes(n, Severity::Severe).await;
            web.house.ends(key, if n == 1 { Outcome::Died } else { Outcome::Home }).await;
        }
        let few = web.get("/city/outcomes?day=2026-11-24", OFFICER).await;
        assert!(few.status == StatusCode::OK && few.text.contains("1 人，共 9 人，例数少，不算比例"), "{}", few.text);
        assert!(!few.text.contains("11.11%") && !few.text.contains("张奶奶"), "{}", few.text);
        let key = web.house.comes(10, Severity::Severe).await;
        web.house.ends(key, Outcome::Home).await;
        let ten = web.get("/city/outcomes?day=2026-11-24", OFFICER).await.text;
        for words in ["10.00%（1 ÷ 10）", "90.00%（9 ÷ 10）", "秦淮中心医院", "0 人，重症 0 人", "规则未核实", "也不排名次"] {
            assert!(ten.contains(words), "{words}: {ten}");
        }
        assert!(web.get("/city/outcomes?lang=en", OFFICER).await.text.contains("10.00% (1 of 10)"));
        assert!(web.get("/city", OFFICER).await.text.contains("href=\"/city/outcomes\""));
        assert_eq!(web.get("/city/outcomes", SECRETARY).await.status, StatusCode::FORBIDDEN);
    }
}
