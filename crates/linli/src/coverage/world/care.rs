//! Devices, people who are watched, people who are followed.

use linli_kernel::Clock;
use uuid::Uuid;

use super::{Ground, World};

/// Somebody who is followed, by ids.
pub struct Followed {
    pub person: String,
    pub alarm: String,
    pub oximeter: String,
    pub institution: String,
}

impl World {
    /// A new device at a place that stands for somebody: the address of its page.
    pub async fn device(&self, at: &Ground) -> String {
        use linli_devices::commands;
        use linli_devices::model::{DeviceKind, NewDevice};
        let ctx = self.ctx();
        let count: i64 = self.journal().await.iter().map(|(_, seq)| *seq).sum();
        let new = NewDevice {
            place: at.estate.clone(),
            kind: DeviceKind::Gateway,
            name: format!("{}网关{count}", at.mark),
            means: None,
            topic: None,
            source: None,
            owner: "物业".to_owned(),
            permitted_at: None,
            sign_posted: false,
            filing_no: None,
        };
        let mut tx = self.db.begin(at.district).await.unwrap();
        let (id, _) = commands::add(&ctx, &mut tx, &self.built.devices, new).await.unwrap();
        commands::map(&ctx, &mut tx, id, ("", Uuid::from_u128(1))).await.unwrap();
        tx.commit().await.unwrap();
        format!("/admin/devices/{}/{id}", at.district)
    }

    /// Somebody who is registered at a home and has agreed to nothing yet: the id, and the private link.
    pub async fn care_person(&self, at: &Ground) -> linli_care::commands::Enrolled {
        let home = format!("{}/1栋/1单元/101", at.estate_code);
        let mut tx = self.db.begin(at.district).await.unwrap();
        let home = linli_territory::queries::resolve(&mut tx.conn().unwrap(), at.district, &home).await.unwrap().unwrap().path;
        let how = linli_care::commands::HowAgreed {
            text_mark: String::new(),
            language: "zh-CN".to_owned(),
            channel: linli_care::ConsentChannel::Paper,
            given_by: linli_care::GivenBy::Own,
            giver: None,
            relation: None,
            witness: None,
            scan: None,
            assessment: String::new(),
        };
        let input = linli_care::commands::NewPerson {
            home,
            name: format!("{}的老人", at.mark),
            phone: Some("13900000000".to_owned()),
            contact: None,
            profile: None,
            quiet: None,
            purposes: Vec::new(),
            seen_at: None,
            how,
        };
        let made = linli_care::commands::enrol(&self.ctx(), &mut tx, self.built.care.office(), &input).await.unwrap();
        tx.commit().await.unwrap();
        made
    }

    /// The health centre of a district.
    pub async fn health_centre(&self, at: &Ground) -> linli_people::model::OrganisationId {
        let all =
            linli_care::follow::queries::institutions(&mut self.db.read().await.unwrap().conn(), at.district).await.unwrap();
        all.first().unwrap().0
    }

    /// Somebody who agreed to readings and is followed, with an alarm that nobody has dealt with, and an oximeter on loan.
    pub async fn followed(&self, at: &Ground) -> Followed {
        use linli_care::follow::commands::{NewFollowed, NewReading, enrol, issue, lend, tell};
        use linli_care::follow::model::{Disease, Factors, Vaccination, Via};
        let (ctx, desk, now) = (self.ctx(), &self.built.desk, Clock::now(self.clock.as_ref()));
        let person = self.care_person(at).await.id;
        let institution = self.health_centre(at).await;
        let mut tx = self.db.begin(at.district).await.unwrap();
        let how = linli_care::commands::HowAgreed {
            text_mark: desk.care().rules(&at.estate, now).unwrap().texts_mark(),
            language: "zh-CN".to_owned(),
            channel: linli_care::ConsentChannel::Doorstep,
            given_by: linli_care::GivenBy::Own,
            giver: None,
            relation: None,
            witness: Some("见证人".to_owned()),
            scan: None,
            assessment: "已评估".to_owned(),
        };
        let which = linli_care::commands::Which::Id(person);
        let purpose = linli_care::Purpose::Readings;
        linli_care::commands::agree(
            &ctx,
            &mut tx,
            desk.care(),
            which,
            &[purpose],
            &how,
            linli_care::commands::Beginning::default(),
        )
        .await
        .unwrap();
        let agreed = linli_care::consent::in_force(&mut tx.conn().unwrap(), at.district, person, now).await.unwrap();
        let consent = agreed.readings.unwrap();
        let factors = Factors {
            born: jiff::civil::date(1940, 1, 1),
            disease: Disease::Unstable,
            immunocompromised: false,
            vaccination: Vaccination::Full,
            pregnant: false,
            scale2: false,
        };
        enrol(&ctx, &mut tx, desk, &consent, NewFollowed { institution, factors }).await.unwrap();
        let told = linli_care::follow::rules::Told { spo2: "92", ..Default::default() };
        let input = NewReading { told, taken_at: now, via: Via::Phone, source_key: None };
        let alarm = tell(&ctx, &mut tx, desk, &consent, input).await.unwrap().alarm.unwrap().to_string();
        issue(&ctx, &mut tx, &at.estate, institution, 1).await.unwrap();
        let oximeter = lend(&ctx, &mut tx, &consent).await.unwrap().to_string();
        tx.commit().await.unwrap();
        Followed { person: person.to_string(), alarm, oximeter, institution: institution.to_string() }
    }

    /// A visit that somebody asked for who is worried: its id.
    pub async fn care_visit(&self, at: &Ground) -> String {
        let person = self.care_person(at).await.id;
        let (ctx, office) = (self.ctx(), self.built.care.office());
        let mut tx = self.db.begin(at.district).await.unwrap();
        let made = linli_care::commands::open_by_hand(&ctx, &mut tx, office, person, "两天没见到人").await.unwrap();
        tx.commit().await.unwrap();
        made.id.to_string()
    }
}
