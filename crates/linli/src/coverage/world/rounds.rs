//! Expert rounds.

use linli_access::{Actor, Ctx, Role, Scope};
use linli_expert::RoundOffice;
use linli_expert::commands::findings::find;
use linli_expert::commands::groups::{join, make};
use linli_expert::commands::rounds::{NewRound, plan};
use linli_expert::model::{Mode, Speciality};
use linli_kernel::Clock;
use linli_treatment::model::InstitutionId;
use uuid::Uuid;

use super::{Ground, World};

/// A group with a round that is planned, and one that was held with a finding, by ids.
pub struct Rounds {
    /// The group.
    pub group: String,
    /// Planned.
    pub planned: String,
    /// Open, found in another round.
    pub finding: String,
}

impl World {
    fn of_rounds(&self, at: &Ground, role: Role, person: Uuid) -> Ctx {
        let scope = Scope { district: at.district, place: at.estate.clone() };
        let actor = Actor::Staff { person, appointment: Uuid::from_u128(2), role, scope };
        Ctx { actor, ..self.ctx() }
    }

    /// New rounds at a place, of a group in which its expert is.
    pub async fn rounds(&self, at: &Ground) -> Rounds {
        let house = self.institution(at).await;
        let institution = InstitutionId(house.id.parse().unwrap());
        let office = self.built.hall.service::<RoundOffice>().unwrap();
        let today = Clock::now(self.clock.as_ref()).local().date().to_string();
        let expert = match at.mark {
            mark if mark == self.here.mark => "expert",
            mark if mark == self.beside.mark => "B1",
            _ => "C1",
        };
        let mut begun = self.db.begin(at.district).await.unwrap();
        let tx = &mut begun;
        let expert =
            linli_people::queries::person_by_code(&mut tx.conn().unwrap(), at.district, expert).await.unwrap().unwrap().id.0;
        let (officer, expert_ctx) =
            (self.of_rounds(at, Role::HealthOfficer, Uuid::from_u128(1)), self.of_rounds(at, Role::Expert, expert));
        let group = make(&officer, tx, (&format!("{}专家组", at.mark), &today, "")).await.unwrap();
        join(&officer, tx, group, (expert, Speciality::Intensive)).await.unwrap();
        let new = NewRound { group, institution, mode: Mode::Remote, day: &today };
        let planned = plan(&officer, tx, &new).await.unwrap();
        let held = plan(&officer, tx, &new).await.unwrap();
        let finding = find(&expert_ctx, tx, &office, held, ("staffing", at.mark)).await.unwrap();
        begun.commit().await.unwrap();
        Rounds { group: group.to_string(), planned: planned.to_string(), finding: finding.to_string() }
    }
}
