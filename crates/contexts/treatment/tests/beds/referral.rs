//! Referrals at both ends: up by the green channel, spilled, refused, on the way, down again.

use linli_db::{Db, sql};
use linli_kernel::DistrictId;
use linli_treatment::commands::inbound::{self, Bed, Declined};
use linli_treatment::commands::post;
use linli_treatment::commands::referrals::{self, Candidate, NewReferral, Next};
use linli_treatment::model::beds::{BedType, EntryKind};
use linli_treatment::model::referrals::{
    Answer, Channel, Consent, Declining, Direction, InboundKey, Outcome, Patient, ReferralId, ReferralState, Severity,
    Withdrawing,
};
use linli_treatment::model::{GridKind, UnitId};
use linli_treatment::queries::referrals::{Came, Sent};
use linli_treatment::{BedError, BedWrong as Wrong, queries};

use crate::house::{
    CENTRE, CENTRE_BEDS, CENTRE_WARD, COORDINATOR, COUNTY_BEDS, DOCTOR, FAR, House, LEAD, LEAD_BEDS, LEAD_ICU, LEAD_WARD, NEAR,
    NEXT, NEXT_BEDS, NEXT_ICU, OFFICER, SECRETARY, STRANGER, Staff, act, at, count,
};

pub fn zhang() -> Patient {
    Patient {
        name: "张奶奶".to_owned(),
        id_number: "320102194405010020".to_owned(),
        born: "1944-05-01".to_owned(),
        phone: "13900000000".to_owned(),
        condition: "血氧 92%，气促两天".to_owned(),
        ..Patient::default()
    }
}

pub fn up(severity: Severity) -> NewReferral {
    NewReferral {
        direction: Direction::Up,
        grid_kind: GridKind::General,
        bed_type: BedType::Icu,
        needs: vec!["ventilation".to_owned()],
        suggested: (Severity::Severe, "treatment.severity@2026.1".to_owned()),
        severity,
        consent: Consent::Patient,
        to: None,
        patient: zhang(),
    }
}

impl House {
    pub async fn candidates(&self, who: Staff, new: &NewReferral) -> Vec<Candidate> {
        let mut read = self.db.read().await.unwrap();
        let from = (who.district, who.of.unwrap_or(CENTRE));
        let (way, what) = ((new.direction, new.grid_kind), (new.bed_type, new.needs.as_slice()));
        queries::referrals::candidates(&mut read.conn(), &self.desk, from, way, what, self.now()).await.unwrap()
    }

    pub async fn ask(&self, who: Staff, new: NewReferral) -> Result<ReferralId, BedError> {
        let candidates = self.candidates(who, &new).await;
        act!(self, who, tx => referrals::ask(&self.staff(who), tx, &self.desk, new.clone(), &candidates))
    }

    pub async fn post(&self) -> u64 {
        post::deliver(&self.system(), &self.db, &self.desk).await.unwrap()
    }

    pub async fn tick(&self) {
        for district in [NEAR, FAR] {
            post::sweep(&self.system(), &self.db, &self.desk, district).await.unwrap();
        }
    }

    pub async fn go_on(&self, who: Staff, id: ReferralId, next: Next) -> Result<(), BedError> {
        act!(self, who, tx => referrals::go_on(&self.staff(who), tx, &self.desk, id, next))
    }

    pub async fn accept(&self, who: Staff, key: InboundKey, unit: Option<UnitId>) -> Result<(), BedError> {
        let bed = unit.map(|unit| Bed { unit, bed_type: BedType::Icu, guest_of: None });
        act!(self, who, tx => inbound::accept(&self.staff(who), tx, &self.desk, key, bed))
    }

    pub async fn decline(&self, who: Staff, key: InboundKey) -> Result<Declined, BedError> {
        act!(self, who, tx => inbound::decline(&self.staff(who), tx, key, Declining::NoBed))
    }

    pub async fn arrive(&self, who: Staff, key: InboundKey, bed: Option<Bed>) -> Result<(), BedError> {
        act!(self, who, tx => inbound::arrive(&self.staff(who), tx, &self.desk, key, bed))
    }

    pub async fn complete(&self, who: Staff, key: InboundKey, outcome: Outcome) -> Result<(), BedError> {
        act!(self, who, tx => inbound::complete(&self.staff(who), tx, key, outcome))
    }

    pub async fn sent(&self, who: Staff, id: ReferralId) -> Result<Sent, BedError> {
        let mut read = self.db.read().await.unwrap();
        queries::referrals::sent(&self.staff(who), &mut read.conn(), &self.desk, id).await
    }

    pub async fn state(&self, who: Staff, id: ReferralId) -> ReferralState {
        self.sent(who, id).await.unwrap().referral.state
    }

    pub async fn inbox(&self, who: Staff) -> Vec<Came> {
        let mut read = self.db.read().await.unwrap();
        queries::referrals::inbox(&self.staff(who), &mut read.conn(), &self.desk).await.unwrap()
    }

    /// Both ends hold together, and every patient is claimed by an open request or by none.
    pub async fn whole(&self) {
        self.clean().await;
        let mut read = self.db.read().await.unwrap();
        for district in [NEAR, FAR] {
            let found = queries::referrals::check(&mut read.conn(), district).await.unwrap();
            assert_eq!(found, Vec::<String>::new());
        }
    }

    async fn icus(&self, lead: i64, next: i64) {
        self.icu(LEAD_BEDS, LEAD_ICU, lead).await;
        self.icu(NEXT_BEDS, NEXT_ICU, next).await;
    }
}

pub const fn first(referral: ReferralId) -> InboundKey {
    InboundKey { referral, attempt: 1 }
}

linli_db::both_databases! {
    /// From the reading on: another district, a held bed, arrived, stepped down, home; and a year later nobody can be found by it.
    async fn reading_92_referral_held_bed_step_down_home(db: Db) {
        let house = House::new(db).await;
        house.icus(1, 5).await;
        house.enter(CENTRE_BEDS, count(CENTRE_WARD, BedType::Infusion, EntryKind::Open, 4)).await.unwrap();
        let id = house.ask(DOCTOR, up(Severity::Severe)).await.unwrap();
        let sent = house.sent(DOCTOR, id).await.unwrap();
        assert_eq!((sent.referral.state, sent.referral.channel), (ReferralState::Requested, Channel::Green), "no ventilator at the centre");
        assert_eq!(sent.attempts[0].0.to, (FAR, LEAD), "the lead of its own grid, although the other has more beds");
        assert_eq!(house.post().await, 2, "there and back");
        assert_eq!(house.state(DOCTOR, id).await, ReferralState::Received);
        let came = house.inbox(LEAD_BEDS).await;
        assert_eq!((came.len(), came[0].from.as_str(), came[0].inbound.severity), (1, "锁金村社区卫生服务中心", Severity::Severe));
        assert_eq!(came[0].patient, Some(zhang()));
        house.accept(LEAD_BEDS, first(id), Some(LEAD_ICU)).await.unwrap();
        assert_eq!(house.taken(LEAD_BEDS, LEAD_ICU).await, (0, 1, 0));
        assert_eq!(house.state(DOCTOR, id).await, ReferralState::Received, "until the letter has come");
        house.post().await;
        let sent = house.sent(DOCTOR, id).await.unwrap();
        assert_eq!((sent.referral.state, sent.attempts[0].0.until), (ReferralState::Accepted, Some(at(24, 11, 0))));
        house.clock.set(at(24, 9, 30));
        house.go_on(DOCTOR, id, Next::Depart).await.unwrap();
        house.post().await;
        // On the way for longer than a bed is held usually: it is kept.
        house.clock.set(at(24, 12, 0));
        house.tick().await;
        assert_eq!(house.taken(LEAD_BEDS, LEAD_ICU).await, (0, 1, 0));
        house.arrive(LEAD_BEDS, first(id), None).await.unwrap();
        house.post().await;
        assert_eq!(house.state(DOCTOR, id).await, ReferralState::Arrived);
        assert_eq!(house.taken(LEAD_BEDS, LEAD_ICU).await, (1, 0, 0));
        // Stable after four days: down to a bed near home.
        house.clock.set(at(28, 10, 0));
        let down = NewReferral {
            direction: Direction::Down,
            bed_type: BedType::Infusion,
            needs: vec!["oxygen".to_owned()],
            to: Some((NEAR, CENTRE)),
            patient: Patient { continuing: "鼻导管吸氧 2 L/分，抗凝五天".to_owned(), ..zhang() },
            ..up(Severity::Ordinary)
        };
        let back = house.ask(LEAD_BEDS, down).await.unwrap();
        house.post().await;
        let bed = Bed { unit: CENTRE_WARD, bed_type: BedType::Infusion, guest_of: None };
        act!(house, CENTRE_BEDS, tx => inbound::accept(&house.staff(CENTRE_BEDS), tx, &house.desk, first(back), Some(bed))).unwrap();
        house.post().await;
        house.go_on(COORDINATOR, back, Next::Depart).await.unwrap();
        house.complete(LEAD_BEDS, first(id), Outcome::SteppedDown).await.unwrap();
        house.post().await;
        assert_eq!(house.state(DOCTOR, id).await, ReferralState::Completed);
        assert_eq!(house.taken(LEAD_BEDS, LEAD_ICU).await, (0, 0, 1), "free for the next");
        house.arrive(CENTRE_BEDS, first(back), None).await.unwrap();
        assert_eq!(house.inbox(CENTRE_BEDS).await[0].patient.as_ref().unwrap().continuing, "鼻导管吸氧 2 L/分，抗凝五天");
        house.complete(CENTRE_BEDS, first(back), Outcome::Home).await.unwrap();
        house.post().await;
        assert_eq!(house.state(COORDINATOR, back).await, ReferralState::Completed);
        let kinds = house.kinds(NEAR, id.0).await;
        assert_eq!(kinds.first().map(String::as_str), Some("treatment.referral_asked"));
        house.whole().await;
        let forget = async || {
            let mut erased = 0;
            for district in [NEAR, FAR] {
                let mut tx = house.db.begin(district).await.unwrap();
                erased += linli_treatment::commands::forget::forget(&house.system(), &mut tx, &house.desk, 100).await.unwrap();
                tx.commit().await.unwrap();
            }
            erased
        };
        house.clock.advance_secs(360 * 86_400);
        assert_eq!(forget().await, 0, "it is not a year yet");
        assert_eq!(house.sent(DOCTOR, id).await.unwrap().patient, Some(zhang()));
        house.clock.advance_secs(10 * 86_400);
        assert_eq!(forget().await, 2, "one in each district");
        assert_eq!(forget().await, 0);
        let kept = house.sent(DOCTOR, id).await.unwrap();
        assert_eq!((kept.patient, kept.referral.state), (None, ReferralState::Completed), "what happened stays, and of whom does not");
        let mut read = house.db.read().await.unwrap();
        for table in ["referral_patient", "inbound_patient", "patient_claim", "referral_letter WHERE sealed IS NOT NULL"] {
            let text = format!("SELECT CAST(COUNT(*) AS BIGINT) FROM {table}");
            let (rows,): (i64,) = sql!(&mut read.conn(), x => sqlx::query_as(sqlx::AssertSqlSafe(text)).fetch_one(x).await).unwrap();
            assert_eq!(rows, 0, "{table}");
        }
    }

    /// No answer in time, then a refusal, then nobody is left: the next best each time, and a second request works.
    async fn it_spills_by_the_clock_and_by_refusal(db: Db) {
        let house = House::new(db).await;
        house.icus(3, 5).await;
        let id = house.ask(DOCTOR, up(Severity::Severe)).await.unwrap();
        house.post().await;
        house.clock.set(at(24, 9, 19));
        house.tick().await;
        assert_eq!(house.sent(DOCTOR, id).await.unwrap().referral.attempt, 1);
        house.clock.set(at(24, 9, 20));
        house.tick().await;
        let sent = house.sent(DOCTOR, id).await.unwrap();
        assert_eq!((sent.referral.attempt, sent.attempts[1].0.to), (2, (FAR, NEXT)));
        assert!(house.inbox(LEAD_BEDS).await.is_empty(), "taken back there");
        assert!(matches!(house.accept(LEAD_BEDS, first(id), Some(LEAD_ICU)).await, Err(BedError::NoStep)));
        let second = InboundKey { attempt: 2, ..first(id) };
        assert_eq!(house.decline(NEXT_BEDS, second).await.unwrap(), Declined::Refused);
        house.tick().await;
        let sent = house.sent(DOCTOR, id).await.unwrap();
        assert_eq!((sent.referral.attempt, sent.referral.round, sent.attempts[2].0.to), (3, 2, (FAR, LEAD)), "a new round");
        // Whoever is asked refuses, until all rounds are over.
        for _ in 0..10 {
            for who in [LEAD_BEDS, NEXT_BEDS] {
                for came in house.inbox(who).await {
                    house.decline(who, came.inbound.key).await.unwrap();
                }
            }
            house.tick().await;
        }
        let sent = house.sent(DOCTOR, id).await.unwrap();
        assert_eq!((sent.referral.state, sent.referral.reason.as_deref(), sent.attempts.len()), (ReferralState::Declined, Some("no_bed"), 6));
        let again = house.ask(DOCTOR, up(Severity::Severe)).await.unwrap();
        assert_ne!(again, id);
        house.whole().await;
    }

    /// The answer of a hospital that arrives after the spill releases its bed.
    async fn a_late_yes_holds_no_bed(db: Db) {
        let house = House::new(db).await;
        house.icus(3, 5).await;
        let id = house.ask(DOCTOR, up(Severity::Severe)).await.unwrap();
        house.post().await;
        house.clock.set(at(24, 9, 20));
        house.accept(LEAD_BEDS, first(id), Some(LEAD_ICU)).await.unwrap();
        // The clock at the other end is looked at before the yes has come.
        let new = up(Severity::Severe);
        let candidates = house.candidates(DOCTOR, &new).await;
        let ctx = house.system();
        act!(house, DOCTOR, tx => referrals::look(&ctx, tx, &house.desk, id, &candidates)).unwrap();
        assert_eq!(house.taken(LEAD_BEDS, LEAD_ICU).await, (0, 1, 2));
        house.post().await;
        assert_eq!(house.taken(LEAD_BEDS, LEAD_ICU).await, (0, 0, 3), "released");
        assert_eq!(house.state(DOCTOR, id).await, ReferralState::Received, "by the second");
        assert!(house.kinds(NEAR, id.0).await.contains(&"treatment.referral_late_answer".to_owned()));
        house.whole().await;
    }

    /// Who is critical is not refused: stabilise first, and the bed is found meanwhile.
    async fn who_is_critical_is_taken_in(db: Db) {
        let house = House::new(db).await;
        house.icus(0, 0).await;
        let law = NewReferral { consent: Consent::Law, ..up(Severity::Critical) };
        let not_critical = NewReferral { consent: Consent::Law, ..up(Severity::Severe) };
        let refused = house.ask(DOCTOR, not_critical).await;
        assert!(matches!(refused, Err(BedError::Field { field: "consent", problem: Wrong::NoConsent })));
        let id = house.ask(DOCTOR, law).await.unwrap();
        house.post().await;
        assert_eq!(house.decline(LEAD_BEDS, first(id)).await.unwrap(), Declined::Critical);
        assert!(house.kinds(FAR, id.0).await.contains(&"treatment.refusal_stopped".to_owned()), "that it was tried is kept");
        assert!(matches!(house.accept(LEAD_BEDS, first(id), Some(LEAD_ICU)).await, Err(BedError::NoneFree)));
        house.accept(LEAD_BEDS, first(id), None).await.unwrap();
        house.post().await;
        house.go_on(DOCTOR, id, Next::Depart).await.unwrap();
        house.post().await;
        house.arrive(LEAD_BEDS, first(id), None).await.unwrap();
        let waits = &house.inbox(LEAD_BEDS).await[0];
        assert_eq!((waits.inbound.answer, waits.inbound.due_at), (Answer::Arrived, Some(at(24, 13, 0))), "four hours in the emergency department");
        let guest = Bed { unit: LEAD_WARD, bed_type: BedType::Icu, guest_of: Some(LEAD_ICU) };
        house.arrive(LEAD_BEDS, first(id), Some(guest)).await.unwrap();
        let waits = &house.inbox(LEAD_BEDS).await[0];
        assert!(waits.inbound.hold.is_some() && waits.inbound.due_at.is_none());
        house.post().await;
        house.whole().await;
    }

    /// A bed whose hold is over before anybody set out is asked for anew; the hold of another cannot be accepted.
    async fn a_hold_that_is_over_is_asked_for_anew(db: Db) {
        let house = House::new(db).await;
        house.icus(1, 1).await;
        let id = house.ask(DOCTOR, up(Severity::Severe)).await.unwrap();
        house.post().await;
        house.accept(LEAD_BEDS, first(id), Some(LEAD_ICU)).await.unwrap();
        house.post().await;
        house.clock.set(at(24, 11, 0));
        house.tick().await;
        house.tick().await;
        assert_eq!(house.taken(LEAD_BEDS, LEAD_ICU).await, (0, 0, 1));
        let sent = house.sent(DOCTOR, id).await.unwrap();
        assert_eq!((sent.referral.state, sent.attempts[1].0.to), (ReferralState::Received, (FAR, NEXT)));
        assert!(matches!(house.arrive(LEAD_BEDS, first(id), None).await, Err(BedError::NoStep)), "withdrawn");
        house.whole().await;
    }

    /// One open request per patient, in whatever district; whoever asks again is told where it is. A phone that sends twice makes one.
    async fn one_open_request_per_patient(db: Db) {
        let house = House::new(db).await;
        house.icus(3, 3).await;
        let mut ctx = house.staff(DOCTOR);
        ctx.idempotency_key = Some("key-of-the-form-0002".to_owned());
        let candidates = house.candidates(DOCTOR, &up(Severity::Severe)).await;
        let mut ids = Vec::new();
        for _ in 0..2 {
            let new = up(Severity::Severe);
            ids.push(act!(house, DOCTOR, tx => referrals::ask(&ctx, tx, &house.desk, new, &candidates)).unwrap());
        }
        assert_eq!(ids[0], ids[1]);
        for who in [DOCTOR, COUNTY_BEDS, NEXT_BEDS] {
            let twice = house.ask(who, up(Severity::Severe)).await;
            assert!(matches!(twice, Err(BedError::OnTheWay { district: NEAR, referral }) if referral == ids[0]), "{twice:?}");
        }
        house.go_on(DOCTOR, ids[0], Next::Cancel(Withdrawing::Improved)).await.unwrap();
        house.ask(COUNTY_BEDS, up(Severity::Severe)).await.unwrap();
        house.post().await;
        house.whole().await;
        // Two at the same moment: one.
        let li = |id: &str| NewReferral { patient: Patient { id_number: id.to_owned(), ..zhang() }, ..up(Severity::Severe) };
        let (one, two) = tokio::join!(house.ask(DOCTOR, li("X1")), house.ask(NEXT_BEDS, li("X1")));
        assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1, "{one:?} {two:?}");
        house.post().await;
        house.whole().await;
    }

    /// With the identity number and without it, in full width and with blanks: it is one patient, and two numbers are two.
    async fn who_is_typed_otherwise_is_the_same_patient(db: Db) {
        let house = House::new(db).await;
        house.icus(3, 3).await;
        let typed = |id_number: &str, phone: &str| NewReferral {
            patient: Patient { id_number: id_number.to_owned(), phone: phone.to_owned(), ..zhang() },
            ..up(Severity::Severe)
        };
        let wide = |text: &str| text.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap()).collect::<String>();
        let number = zhang().id_number;
        for (first, again) in [
            (typed(&number, "13900000000"), typed("", "139 0000 0000")),
            (typed("", "13900000000"), typed(&number, "+86 13900000000")),
            (typed(&number, ""), typed(&wide(&number), "13900000000")),
            (typed("", "13900000000"), typed("", &wide("13900000000"))),
        ] {
            let id = house.ask(DOCTOR, first).await.unwrap();
            let twice = house.ask(COUNTY_BEDS, again).await;
            assert!(matches!(twice, Err(BedError::OnTheWay { referral, .. }) if referral == id), "{twice:?}");
            house.go_on(DOCTOR, id, Next::Cancel(Withdrawing::Mistake)).await.unwrap();
        }
        // Two people at one telephone: husband and wife, and two of one name with two numbers.
        house.ask(DOCTOR, typed(&number, "13900000000")).await.unwrap();
        let wife = NewReferral { patient: Patient { name: "李奶奶".to_owned(), id_number: String::new(), ..zhang() }, ..up(Severity::Severe) };
        house.ask(DOCTOR, wife).await.unwrap();
        house.ask(DOCTOR, typed("320102194405010039", "13900000000")).await.unwrap();
        house.post().await;
        house.whole().await;
    }

    /// As long as the stay lasts nobody asks again but the house where the patient lies; when its request comes to nothing the stay has the patient still.
    async fn the_request_is_open_as_long_as_the_stay(db: Db) {
        let house = House::new(db).await;
        house.icus(3, 3).await;
        let id = house.ask(DOCTOR, up(Severity::Severe)).await.unwrap();
        house.post().await;
        house.accept(LEAD_BEDS, first(id), Some(LEAD_ICU)).await.unwrap();
        house.arrive(LEAD_BEDS, first(id), None).await.unwrap();
        house.post().await;
        assert_eq!(house.state(DOCTOR, id).await, ReferralState::Arrived);
        let refused = async |who, open| {
            let again = house.ask(who, up(Severity::Severe)).await;
            assert!(matches!(again, Err(BedError::OnTheWay { referral, .. }) if referral == open), "{again:?}");
        };
        refused(DOCTOR, id).await;
        refused(NEXT_BEDS, id).await;
        let on = NewReferral { to: Some((FAR, NEXT)), ..up(Severity::Severe) };
        let further = house.ask(LEAD_BEDS, on.clone()).await.unwrap();
        refused(LEAD_BEDS, further).await;
        refused(DOCTOR, further).await;
        house.whole().await;
        house.go_on(COORDINATOR, further, Next::Cancel(Withdrawing::Improved)).await.unwrap();
        refused(DOCTOR, id).await;
        let further = house.ask(LEAD_BEDS, on.clone()).await.unwrap();
        house.post().await;
        house.accept(NEXT_BEDS, first(further), Some(NEXT_ICU)).await.unwrap();
        house.complete(LEAD_BEDS, first(id), Outcome::Elsewhere).await.unwrap();
        house.post().await;
        refused(DOCTOR, further).await;
        house.arrive(NEXT_BEDS, first(further), None).await.unwrap();
        house.complete(NEXT_BEDS, first(further), Outcome::Home).await.unwrap();
        house.post().await;
        house.ask(DOCTOR, up(Severity::Severe)).await.unwrap();
        house.post().await;
        house.whole().await;
    }

    /// A bed that is free is not yet a bed that will do; one of another department that will is marked with who answers.
    async fn a_bed_must_meet_the_need(db: Db) {
        let house = House::new(db).await;
        house.icus(3, 3).await;
        house.enter(LEAD_BEDS, count(LEAD_WARD, BedType::Ward, EntryKind::Open, 9)).await.unwrap();
        house.enter(LEAD_BEDS, count(LEAD_WARD, BedType::Ward, EntryKind::Nurses, 9)).await.unwrap();
        let id = house.ask(DOCTOR, up(Severity::Severe)).await.unwrap();
        house.post().await;
        let take = async |key, unit, bed_type| {
            let bed = Some(Bed { unit, bed_type, guest_of: None });
            act!(house, LEAD_BEDS, tx => inbound::accept(&house.staff(LEAD_BEDS), tx, &house.desk, key, bed))
        };
        let ward = take(first(id), LEAD_WARD, BedType::Ward).await;
        assert!(matches!(ward, Err(BedError::Field { field: "bed", problem: Wrong::NotMeeting })), "{ward:?}");
        take(first(id), LEAD_ICU, BedType::Icu).await.unwrap();
        // Somebody for the ward in a bed of the ICU: a guest of the ward.
        let li = Patient { id_number: "X7".to_owned(), ..zhang() };
        let ordinary = NewReferral { bed_type: BedType::Ward, needs: Vec::new(), patient: li, ..up(Severity::Ordinary) };
        let guest = house.ask(DOCTOR, ordinary).await.unwrap();
        assert_eq!(house.sent(DOCTOR, guest).await.unwrap().referral.channel, Channel::Green, "the centre keeps no ward");
        house.post().await;
        take(first(guest), LEAD_ICU, BedType::Icu).await.unwrap();
        let holds = house.cell(LEAD_BEDS, LEAD_ICU, BedType::Icu).await.holds;
        let of = |referral: ReferralId| holds.iter().find(|hold| hold.referral == referral.0).unwrap().guest_of;
        assert_eq!((of(id), of(guest)), (None, Some(LEAD_WARD)));
        house.whole().await;
    }

    /// What nobody can be called or born is refused by its field, and nothing is asked.
    async fn slips_about_the_patient_are_told(db: Db) {
        let house = House::new(db).await;
        house.icus(3, 3).await;
        for (field, patient) in [
            ("born", Patient { born: "1941-13-40".to_owned(), ..zhang() }),
            ("born", Patient { born: "2030-01-01".to_owned(), ..zhang() }),
            ("born", Patient { born: "1066-10-14".to_owned(), ..zhang() }),
            ("id_number", Patient { id_number: "abc".to_owned(), ..zhang() }),
            ("id_number", Patient { id_number: "320102194413400020".to_owned(), ..zhang() }),
        ] {
            let slip = house.ask(DOCTOR, NewReferral { patient, ..up(Severity::Severe) }).await;
            assert!(matches!(&slip, Err(BedError::Field { field: found, .. }) if *found == field), "{field}: {slip:?}");
        }
        house.whole().await;
    }

    async fn who_may_and_who_sees_what(db: Db) {
        let house = House::new(db).await;
        house.icus(3, 3).await;
        for who in [OFFICER, SECRETARY, STRANGER] {
            let refused = house.ask(who, up(Severity::Severe)).await;
            assert!(matches!(refused, Err(BedError::Denied(_) | BedError::NoInstitution)), "{refused:?}");
        }
        let itself = NewReferral { to: Some((NEAR, CENTRE)), ..up(Severity::Severe) };
        assert!(matches!(house.ask(DOCTOR, itself).await, Err(BedError::Field { field: "to", problem: Wrong::Itself })));
        let nobody = NewReferral { needs: vec!["ecmo".to_owned()], ..up(Severity::Severe) };
        assert!(matches!(house.ask(DOCTOR, nobody).await, Err(BedError::NoneFree)), "nobody has it");
        let id = house.ask(DOCTOR, up(Severity::Severe)).await.unwrap();
        house.post().await;
        for who in [COUNTY_BEDS, LEAD_BEDS, NEXT_BEDS, STRANGER] {
            assert!(matches!(house.sent(who, id).await, Err(BedError::NotFound | BedError::NoInstitution)));
        }
        assert!(matches!(house.sent(SECRETARY, id).await, Err(BedError::Denied(_))));
        assert!(matches!(house.sent(OFFICER, id).await, Err(BedError::Denied(_))));
        for who in [DOCTOR, SECRETARY, OFFICER] {
            assert!(house.accept(who, first(id), Some(LEAD_ICU)).await.is_err());
        }
        assert!(matches!(house.accept(NEXT_BEDS, first(id), Some(NEXT_ICU)).await, Err(BedError::NotFound)));
        assert!(matches!(house.go_on(DOCTOR, id, Next::Depart).await, Err(BedError::NoStep)), "nobody has accepted");
        // No word about the patient in a journal line, nor in a letter that was delivered.
        let mut read = house.db.read().await.unwrap();
        for district in [NEAR, FAR] {
            let lines = linli_db::journal::after(&mut read.conn(), district, 0, 1000).await.unwrap();
            assert!(lines.iter().all(|line| !line.facts.contains("张奶奶") && !line.facts.contains("血氧")));
        }
        let c = &mut read.conn();
        let left: i64 = sql!(c, x => sqlx::query_scalar("SELECT COUNT(*) FROM referral_letter WHERE sealed IS NOT NULL").fetch_one(x).await).unwrap();
        assert_eq!(left, 0);
        drop(read);
        // Refused, it is not their patient: what was known of the patient is gone there.
        house.decline(LEAD_BEDS, first(id)).await.unwrap();
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        let kept: Vec<DistrictId> = sql!(c, x => sqlx::query_scalar("SELECT district_id FROM inbound_patient").fetch_all(x).await).unwrap();
        assert!(kept.is_empty());
        drop(read);
        house.whole().await;
    }
}
