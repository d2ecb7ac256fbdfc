//! Whatever is done in whichever order, everything holds together: no stuck call, urgent behind nobody, one call back for who is diverted.

use linli_db::Db;
use linli_emergency::model::{
    CallClass, CallId, CallState, DivertedTo, Ending, Fleet, Found, MissionId, VehicleEvent, VehicleId,
};
use linli_emergency::{EmergencyError, queries};
use linli_kernel::{Rng as _, SeededRng};

use crate::house::{COUNTY, COUNTY_BEDS, House, NEAR, OFFICER, SEAT, call};

/// Throws a number below another.
fn below(rng: &SeededRng, n: usize) -> usize {
    let mut byte = [0_u8; 8];
    rng.fill(&mut byte);
    usize::try_from(u64::from_le_bytes(byte) % u64::try_from(n).unwrap()).unwrap()
}

struct Walk<'h> {
    house: &'h House,
    calls: Vec<CallId>,
    vehicles: Vec<VehicleId>,
    missions: Vec<MissionId>,
}

impl Walk<'_> {
    /// One act of somebody; what the tables do not allow is refused and stores nothing.
    async fn act(&mut self, rng: &SeededRng) -> Result<(), EmergencyError> {
        let house = self.house;
        let pick = |n: usize| below(rng, n);
        let any = self.calls.get(pick(self.calls.len().max(1))).copied();
        let vehicle = self.vehicles[pick(self.vehicles.len())];
        let mission = self.missions.get(pick(self.missions.len().max(1))).copied();
        match pick(12) {
            0 | 1 => {
                let class = CallClass::ALL[pick(5)];
                // Few numbers, so that many are repeats.
                let new = call(&format!("1390000000{}", pick(9)), class, &[]);
                self.calls.push(house.record(SEAT, new).await?.id);
            }
            2 | 3 => self.missions.push(house.assign(SEAT, any.ok_or(EmergencyError::NotFound)?, vehicle).await?),
            4 | 5 => {
                let event = VehicleEvent::ALL[pick(VehicleEvent::ALL.len())];
                let mission = mission.ok_or(EmergencyError::NotFound)?;
                if event == VehicleEvent::Leave {
                    house.announce(mission, (NEAR, COUNTY), 10).await?;
                }
                house.go_on(SEAT, mission, event).await?;
            }
            6 => house.raise(SEAT, any.ok_or(EmergencyError::NotFound)?).await.map(|_| ())?,
            7 => {
                let to = DivertedTo::ALL[pick(2)];
                house.divert(SEAT, any.ok_or(EmergencyError::NotFound)?, to).await?;
            }
            8 => house.call_back(SEAT, any.ok_or(EmergencyError::NotFound)?, Found::ALL[pick(6)]).await?,
            9 => house.close(SEAT, any.ok_or(EmergencyError::NotFound)?, Ending::ALL[pick(6)]).await?,
            10 => house.receive(COUNTY_BEDS, mission.ok_or(EmergencyError::NotFound)?, pick(2) == 0).await?,
            _ => match pick(4) {
                0 => house.withdraw(OFFICER).await.map(|_| ())?,
                1 => house.activate(OFFICER).await?,
                _ => {
                    house.later(600);
                    house.tick().await;
                }
            },
        }
        Ok(())
    }

    /// On top of the list stand those who are urgent and have no vehicle; nobody who is not urgent stands before them.
    async fn urgent_first(&self) {
        let mut read = self.house.db.read().await.unwrap();
        let open = queries::calls::open(&self.house.staff(SEAT), &mut read.conn(), &self.house.office).await.unwrap();
        let waits: Vec<bool> = open
            .iter()
            .map(|line| line.call.class == CallClass::VehicleUrgent && line.call.state == CallState::Waiting)
            .collect();
        let first_other = waits.iter().position(|urgent| !urgent).unwrap_or(waits.len());
        assert!(waits[first_other..].iter().all(|urgent| !urgent), "an urgent call stands behind another");
    }

    /// Everything that is open can be brought to its end.
    async fn to_the_end(&self) {
        for id in self.house.open(SEAT).await {
            let shown = self.house.shown(SEAT, id).await.unwrap();
            if shown.line.call.state != CallState::UnderWay {
                self.house.close(SEAT, id, Ending::CalledOff).await.unwrap();
                continue;
            }
            let mission = shown.sent.iter().find(|sent| sent.mission.over_at.is_none()).unwrap().mission.id;
            let _ = self.house.announce(mission, (NEAR, COUNTY), 5).await;
            for event in [VehicleEvent::Arrive, VehicleEvent::Leave, VehicleEvent::Reach, VehicleEvent::HandOver] {
                let _ = self.house.go_on(SEAT, mission, event).await;
            }
            assert_eq!(self.house.state(id).await, CallState::Closed, "stuck");
        }
        assert_eq!(self.house.open(SEAT).await, []);
    }
}

linli_db::both_databases! {
    /// Many seats at once, on the same calls and vehicles: nobody waits for the other for ever, and everything holds together.
    async fn many_seats_at_once(db: Db) {
        let house = House::new(db).await;
        let mut vehicles = Vec::new();
        for n in 0..2 {
            vehicles.push(house.vehicle(&format!("玄急0{n}"), Fleet::Urgent).await);
            vehicles.push(house.vehicle(&format!("玄转0{n}"), Fleet::NonUrgent).await);
        }
        house.activate(OFFICER).await.unwrap();
        let mut calls = Vec::new();
        for n in 0..8 {
            calls.push(house.record(SEAT, call(&format!("1390000000{n}"), CallClass::VehicleNonUrgent, &[])).await.unwrap().id);
        }
        let seat = |seed: u64| {
            let (house, calls, vehicles) = (&house, calls.clone(), vehicles.clone());
            async move {
                let rng = SeededRng::new(seed);
                let mut walk = Walk { house, calls, vehicles, missions: Vec::new() };
                let mut done = 0;
                for _ in 0..60 {
                    match walk.act(&rng).await {
                        Ok(()) => done += 1,
                        Err(EmergencyError::Db(error)) => panic!("{error}"),
                        Err(_) => {}
                    }
                }
                done
            }
        };
        let (a, b, c, d) = tokio::join!(seat(1), seat(2), seat(3), seat(4));
        assert!(a + b + c + d > 60, "{a} {b} {c} {d}");
        house.whole().await;
    }

    async fn whatever_is_done_in_whichever_order(db: Db) {
        let house = House::new(db).await;
        let mut vehicles = Vec::new();
        for n in 0..3 {
            vehicles.push(house.vehicle(&format!("玄急0{n}"), Fleet::Urgent).await);
            vehicles.push(house.vehicle(&format!("玄转0{n}"), Fleet::NonUrgent).await);
        }
        let mut walk = Walk { house: &house, calls: Vec::new(), vehicles, missions: Vec::new() };
        house.activate(OFFICER).await.unwrap();
        let rng = SeededRng::new(20_221_209);
        let (mut done, mut refused) = (0, 0);
        for n in 0..900 {
            match walk.act(&rng).await {
                Ok(()) => done += 1,
                Err(EmergencyError::Db(error)) => panic!("{error}"),
                Err(_) => refused += 1,
            }
            if n % 10 == 0 {
                house.whole().await;
                walk.urgent_first().await;
            }
        }
        assert!(done > 150 && refused > 150, "{done} {refused}: the walk must go both ways");
        house.whole().await;
        walk.to_the_end().await;
        house.whole().await;
    }
}
