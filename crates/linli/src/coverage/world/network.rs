//! Institutions of the treatment network.

use linli_kernel::Clock;
use linli_treatment::Network;
use linli_treatment::commands::institutions::{NewInstitution, NewUnit, add_unit, register};
use linli_treatment::commands::returns::{NewReturn, tell};
use linli_treatment::model::{InstitutionKind, Level, Stated, UnitKind};

use super::{Ground, World};

/// An institution with a unit and a return, by ids.
pub struct Institution {
    pub id: String,
    pub unit: String,
    /// The day of its return.
    pub day: String,
}

impl World {
    /// A new institution at a place, with a fever clinic and its return of the day before.
    pub async fn institution(&self, at: &Ground) -> Institution {
        let (ctx, network) = (self.ctx(), self.built.hall.service::<Network>().unwrap());
        let count: i64 = self.journal().await.iter().map(|(_, seq)| *seq).sum();
        let yesterday = Clock::now(self.clock.as_ref()).local().date().yesterday().unwrap();
        let input = NewInstitution {
            code: format!("I{count}"),
            name: format!("{}医院{count}", at.mark),
            kind: InstitutionKind::Hospital,
            level: Level::Second,
            place: at.estate_code.to_owned(),
            address: String::new(),
            point: None,
            phone: String::new(),
            capabilities: Vec::new(),
            valid_from: None,
        };
        let mut tx = self.db.begin(at.district).await.unwrap();
        let id = register(&ctx, &mut tx, &network, &input).await.unwrap();
        let unit = add_unit(&ctx, &mut tx, &network, id, &NewUnit::of(UnitKind::FeverClinic, "发热门诊")).await.unwrap();
        let figures = ["visits", "rooms_open", "transfers"].map(|field| (field.to_owned(), Stated::Number(3)));
        let (form, because) = ("fever_clinic".to_owned(), String::new());
        let told = NewReturn { form, day: yesterday, figures: figures.into(), because, seen: None };
        tell(&ctx, &mut tx, &network, id, &told).await.unwrap();
        tx.commit().await.unwrap();
        Institution { id: id.to_string(), unit: unit.to_string(), day: yesterday.to_string() }
    }
}
