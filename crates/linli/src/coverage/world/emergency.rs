//! Calls to 120.

use linli_access::{Actor, Ctx, Role, Scope};
use linli_emergency::DispatchOffice;
use linli_emergency::commands::calls::{NewCall, record};
use linli_emergency::commands::{diversion, fleet};
use linli_emergency::model::{CallClass, DivertedTo, Fleet};
use uuid::Uuid;

use super::{Ground, World};

/// Calls in every state, and a vehicle under way, by ids.
pub struct Calls {
    /// Urgent, waits for a vehicle.
    pub waiting: String,
    /// Is not urgent, waits.
    pub plain: String,
    /// Was diverted, and is to be called back.
    pub diverted: String,
    /// Has a vehicle.
    pub under_way: String,
    /// The mission of that vehicle.
    pub mission: String,
    /// A vehicle that is free.
    pub free: String,
}

impl World {
    fn of_120(&self, at: &Ground, role: Role) -> Ctx {
        let scope = Scope { district: at.district, place: at.estate.clone() };
        let actor = Actor::Staff { person: Uuid::from_u128(1), appointment: Uuid::from_u128(2), role, scope };
        Ctx { actor, ..self.ctx() }
    }

    /// New calls at a place.
    pub async fn calls(&self, at: &Ground) -> Calls {
        let office = self.built.hall.service::<DispatchOffice>().unwrap();
        let (seat, health) = (self.of_120(at, Role::EmergencyDispatcher), self.of_120(at, Role::HealthOfficer));
        let count: i64 = self.journal().await.iter().map(|(_, seq)| *seq).sum();
        let call = |n: i64, class| NewCall {
            began: None,
            number: "13900000000".to_owned(),
            place: None,
            place_text: format!("{}{count}-{n}", at.mark),
            told: at.mark.to_owned(),
            signs: Vec::new(),
            class,
            against: None,
            same_as: None,
        };
        // On already from the last time, or not yet: a refusal stores nothing, and lets go of the writer.
        {
            let mut tx = self.db.begin(at.district).await.unwrap();
            if diversion::activate(&health, &mut tx, &office, ("医师", "110320100000001", true)).await.is_ok() {
                tx.commit().await.unwrap();
            }
        }
        let mut begun = self.db.begin(at.district).await.unwrap();
        let tx = &mut begun;
        let plain = record(&seat, tx, &office, &call(0, CallClass::VehicleNonUrgent)).await.unwrap().id;
        let diverted = record(&seat, tx, &office, &call(1, CallClass::VehicleNonUrgent)).await.unwrap().id;
        let under_way = record(&seat, tx, &office, &call(2, CallClass::VehicleNonUrgent)).await.unwrap().id;
        let waiting = record(&seat, tx, &office, &call(3, CallClass::VehicleUrgent)).await.unwrap().id;
        let free = fleet::register(&seat, tx, &format!("A{count}"), Fleet::Urgent).await.unwrap();
        let van = fleet::register(&seat, tx, &format!("B{count}"), Fleet::NonUrgent).await.unwrap();
        let mission = fleet::assign(&seat, tx, &office, under_way, van).await.unwrap();
        diversion::divert(&seat, tx, &office, diverted, DivertedTo::AdviceSeat).await.unwrap();
        begun.commit().await.unwrap();
        Calls {
            waiting: waiting.to_string(),
            plain: plain.to_string(),
            diverted: diverted.to_string(),
            under_way: under_way.to_string(),
            mission: mission.to_string(),
            free: free.to_string(),
        }
    }
}
