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
    pub booking: String,
    pub decision: String,
}

impl World {
    /// A new device at a place that stands for somebody: the address of its page.
    pub async fn device(&self, at: &Ground) -> String {
        use linli_devices::commands;
        use linli_devices::model::{DeviceKind, NewDevice};
        let (ctx, person) = (self.ctx(), self.care_person(at).await.id);
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
        commands::map(&ctx, &mut tx, &self.built.devices, id, ("", person.0)).await.unwrap();
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
        let input = NewReading { told, taken_at: now, via: Via::Phone, source_keys: &[] };
        let alarm = tell(&ctx, &mut tx, desk, &consent, input).await.unwrap().alarm.unwrap().to_string();
        issue(&ctx, &mut tx, &at.estate, institution, 1).await.unwrap();
        let oximeter = lend(&ctx, &mut tx, &consent).await.unwrap().to_string();
        let (booking, decision) = self.booked_and_decided(&mut tx, at, (institution, &consent)).await;
        tx.commit().await.unwrap();
        Followed { person: person.to_string(), alarm, oximeter, institution: institution.to_string(), booking, decision }
    }

    /// A place for oxygen that somebody has, and a prescription that waits: by a doctor, for the program itself does neither.
    async fn booked_and_decided(
        &self,
        tx: &mut linli_db::Tx,
        at: &Ground,
        (institution, consent): (linli_people::model::OrganisationId, &linli_care::consent::ReadingsConsent),
    ) -> (String, String) {
        use linli_access::{Actor, Ctx, Role, Scope};
        use linli_care::follow::commands::{Decided, Wanted, book_oxygen, decide};
        let scope = Scope { district: at.district, place: at.estate.clone() };
        let (person, appointment) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let ctx = Ctx { actor: Actor::Staff { person, appointment, role: Role::FamilyDoctor, scope }, ..self.ctx() };
        let offer = "INSERT INTO oxygen_offer (district_id, id, institution_id, from_day, weekdays, opens, closes, slot_minutes, places, set_at, \
                     set_by) VALUES ($1, $2, $3, '2026-01-01', 127, 0, 1440, 60, 200, $4, $5)";
        let id = linli_care::follow::model::OxygenOfferId::new(self.clock.as_ref(), self.rng.as_ref());
        let c = &mut tx.conn().unwrap();
        linli_db::exec!(c, sqlx::query(offer).bind(at.district).bind(id).bind(institution).bind(ctx.now()).bind(appointment))
            .unwrap();
        let booking = book_oxygen(&ctx, tx, &self.built.desk, consent, Wanted::default()).await.unwrap().to_string();
        let input = Decided {
            onset: ctx.now().local().date(),
            answers: Default::default(),
            medicine: Some("molnupiravir"),
            quantity: 1,
            because: "发热",
            seen: true,
        };
        (booking, decide(&ctx, tx, &self.built.desk, consent, input).await.unwrap().to_string())
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
