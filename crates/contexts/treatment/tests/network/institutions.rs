//! Institutions and units: registered, changed, closed; hours, crowding, staff.

use linli_db::Db;
use linli_treatment::commands::institutions::{self, NewInstitution, NewUnit, Put};
use linli_treatment::commands::opening;
use linli_treatment::model::{
    Added, Crowding, InstitutionKind, Lane, Level, OpenNow, Profession, Serves, Staffing, Training, UnitKind,
};
use linli_treatment::queries::clinics::Wanted;
use linli_treatment::{NetworkError, Wrong, queries};

use crate::house::{DISTRICT, DOCTOR, House, MANAGER, OFFICER, OTHER_MANAGER, STEWARD, act, at, said};

const CENTRE: (InstitutionKind, Level) = (InstitutionKind::HealthCentre, Level::Primary);

impl House {
    async fn seen(&self, wanted: Wanted) -> Vec<(String, String, OpenNow)> {
        let mut read = self.db.read().await.unwrap();
        let found = queries::clinics::clinics(&mut read.conn(), DISTRICT, (None, None), wanted, self.now()).await.unwrap();
        found.into_iter().map(|one| (one.institution.name, one.now.unit.name, one.now.open)).collect()
    }
}

linli_db::both_databases! {
    async fn a_code_is_taken_once_and_leading_zeros_count(db: Db) {
        let house = House::new(db).await;
        let hospital = said("010108", "MERCY HOSPITAL", InstitutionKind::Hospital, Level::Unknown);
        let first = house.register(OFFICER, &hospital).await.unwrap();
        let again = house.register(OFFICER, &hospital).await;
        assert!(matches!(again, Err(NetworkError::Field { problem: Wrong::CodeTaken, .. })), "{again:?}");
        let without = house.register(OFFICER, &said("10108", "MERCY HOSPITAL", InstitutionKind::Hospital, Level::Unknown)).await.unwrap();
        let mut read = house.db.read().await.unwrap();
        let ctx = house.staff(OFFICER);
        let of = |view: queries::institutions::InstitutionView| (view.institution.code, view.institution.name);
        let known = of(queries::institutions::show(&ctx, &mut read.conn(), DISTRICT, first).await.unwrap());
        assert_eq!(known, ("010108".to_owned(), "MERCY HOSPITAL".to_owned()));
        let known = of(queries::institutions::show(&ctx, &mut read.conn(), DISTRICT, without).await.unwrap());
        assert_eq!(known, ("10108".to_owned(), "MERCY HOSPITAL (10108)".to_owned()));
        // Only the health side's officer registers, and nobody of the community side.
        for who in [MANAGER, STEWARD, DOCTOR] {
            let refused = house.register(who, &said("X", "某院", InstitutionKind::Hospital, Level::Second)).await;
            assert!(matches!(refused, Err(NetworkError::Denied(_))), "{refused:?}");
        }
    }

    async fn a_row_that_comes_again_changes_what_differs_and_keeps_what_it_does_not_say(db: Db) {
        let house = House::new(db).await;
        let ctx = linli_access::Ctx::system("import", house.clock.clone(), house.rng.clone());
        let row = NewInstitution {
            address: "学府路 1 号".to_owned(),
            phone: "025-1234".to_owned(),
            capabilities: vec!["ecmo".to_owned(), "oxygen".to_owned()],
            ..said("H1", "东院", InstitutionKind::Hospital, Level::Tertiary)
        };
        let put = async |row: &NewInstitution| act!(house, tx => institutions::put(&ctx, tx, &house.network, row));
        let first = put(&row).await.unwrap();
        assert!(matches!(first, Put::New(_)));
        assert_eq!(put(&row).await.unwrap(), Put::Same(first.id()));
        let less = said("H1", "东院", InstitutionKind::Unknown, Level::Unknown);
        assert_eq!(put(&less).await.unwrap(), Put::Same(first.id()), "what is not said stays");
        let moved = NewInstitution { address: "学府路 2 号".to_owned(), ..less };
        assert_eq!(put(&moved).await.unwrap(), Put::Changed(first.id()));
        let odd = NewInstitution { capabilities: vec!["miracles".to_owned()], ..moved };
        assert!(matches!(put(&odd).await, Err(NetworkError::Field { problem: Wrong::NotAChoice, .. })));
        let mut read = house.db.read().await.unwrap();
        let view = queries::institutions::show(&house.staff(OFFICER), &mut read.conn(), DISTRICT, first.id()).await.unwrap();
        assert_eq!(view.institution.capabilities, ["oxygen", "ecmo"]);
        assert_eq!((view.institution.address.as_str(), view.institution.phone.as_deref()), ("学府路 2 号", Some("025-1234")));
    }

    async fn an_institution_is_called_as_it_was_said_last(db: Db) {
        let house = House::new(db).await;
        let ctx = linli_access::Ctx::system("import", house.clock.clone(), house.rng.clone());
        let put = async |code: &str, name: &str| {
            let row = said(code, name, InstitutionKind::Hospital, Level::Second);
            act!(house, tx => institutions::put(&ctx, tx, &house.network, &row))
        };
        let first = put("H1", "东院").await.unwrap().id();
        let second = put("H2", "东院").await.unwrap().id();
        assert_eq!(put("H2", "东院").await.unwrap(), Put::Same(second), "it bears its code beside the name");
        assert_eq!(put("H1", "东方医院").await.unwrap(), Put::Changed(first));
        assert_eq!(put("H2", "东方医院").await.unwrap(), Put::Changed(second));
        let name = async |id| {
            let mut read = house.db.read().await.unwrap();
            queries::institutions::show(&house.staff(OFFICER), &mut read.conn(), DISTRICT, id).await.unwrap().institution.name
        };
        assert_eq!((name(first).await, name(second).await), ("东方医院".to_owned(), "东方医院 (H2)".to_owned()));
        let long = put("H1", &"院".repeat(121)).await;
        assert!(matches!(long, Err(NetworkError::Field { .. })), "{long:?}");
    }

    async fn somebody_who_saw_an_older_state_changes_nothing(db: Db) {
        let house = House::new(db).await;
        let id = house.institution("H1", "东院", (InstitutionKind::Hospital, Level::Tertiary)).await;
        let ctx = house.staff(OFFICER);
        let input = said("H1", "东院", InstitutionKind::Hospital, Level::Second);
        act!(house, tx => institutions::change(&ctx, tx, &house.network, (id, 1), &input)).unwrap();
        let late = act!(house, tx => institutions::change(&ctx, tx, &house.network, (id, 1), &input));
        assert!(matches!(late, Err(NetworkError::Changed)), "{late:?}");
    }

    async fn residents_see_what_is_open_for_whom_and_no_staff(db: Db) {
        let house = House::new(db).await;
        let ctx = house.staff(OFFICER);
        let hospital = house.institution("H1", "东院", (InstitutionKind::Hospital, Level::Tertiary)).await;
        let centre = house.institution("C1", "锁金村社区卫生服务中心", CENTRE).await;
        let clinic = house.unit(hospital, UnitKind::FeverClinic, "发热门诊").await;
        let room = NewUnit { serves: Serves::Children, added: Added::ConvertedCabin, ..NewUnit::of(UnitKind::FeverRoom, "儿童发热诊室") };
        let room = act!(house, tx => institutions::add_unit(&ctx, tx, &house.network, centre, &room)).unwrap();
        let lane = NewUnit { lane: Lane::MedicineOnly, ..NewUnit::of(UnitKind::FeverRoom, "简易药房") };
        act!(house, tx => institutions::add_unit(&ctx, tx, &house.network, centre, &lane)).unwrap();
        house.unit(hospital, UnitKind::Icu, "重症监护病房").await;
        let staff = NewUnit { serves: Serves::Staff, ..NewUnit::of(UnitKind::FeverClinic, "职工发热门诊") };
        act!(house, tx => institutions::add_unit(&ctx, tx, &house.network, hospital, &staff)).unwrap();
        let day = jiff::civil::date(2026, 12, 1);
        act!(house, tx => opening::set_hours(&ctx, tx, clinic, day, "（开诊时间：24小时）")).unwrap();
        act!(house, tx => opening::set_hours(&ctx, tx, room, day, "周一至周五 13:00-17:00")).unwrap();
        let odd = act!(house, tx => opening::set_hours(&ctx, tx, room, day, "有空就来"));
        assert!(matches!(odd, Err(NetworkError::Field { problem: Wrong::NotHours, .. })));

        let grown = house.seen(Wanted::default()).await;
        assert_eq!(grown, [("东院".to_owned(), "发热门诊".to_owned(), OpenNow::Open(None))]);
        let child = house.seen(Wanted { child: true, ..Wanted::default() }).await;
        assert_eq!(child[1].1, "儿童发热诊室");
        assert_eq!(child[1].2, OpenNow::Closed(Some(at(15, 13, 0))));
        let open = house.seen(Wanted { child: true, open_now: true, ..Wanted::default() }).await;
        assert_eq!(open.len(), 1, "{open:?}");
        let medicine = house.seen(Wanted { medicine_only: true, ..Wanted::default() }).await;
        assert!(medicine.iter().any(|(_, name, _)| name == "简易药房"), "{medicine:?}");
        for seen in [&grown, &child, &medicine] {
            assert!(seen.iter().all(|(_, name, _)| name != "职工发热门诊"), "what is for staff is shown to no resident: {seen:?}");
        }
        // A day off, and afterwards it is as it was.
        act!(house, tx => opening::close_on(&ctx, tx, clinic, jiff::civil::date(2026, 12, 15), true)).unwrap();
        assert_eq!(house.seen(Wanted::default()).await[0].2, OpenNow::Closed(Some(at(16, 0, 0))));
        act!(house, tx => opening::close_on(&ctx, tx, clinic, jiff::civil::date(2026, 12, 15), false)).unwrap();
        assert_eq!(house.seen(Wanted::default()).await[0].2, OpenNow::Open(None));
        // A unit that is closed for good is gone.
        act!(house, tx => institutions::close_unit(&ctx, tx, clinic, house.now())).unwrap();
        assert_eq!(house.seen(Wanted::default()).await, []);
    }

    async fn whoever_acts_for_an_institution_says_how_crowded_it_is(db: Db) {
        let house = House::new(db).await;
        let hospital = house.institution("H1", "东院", (InstitutionKind::Hospital, Level::Tertiary)).await;
        let other = house.institution("H2", "西院", (InstitutionKind::Hospital, Level::Tertiary)).await;
        let clinic = house.unit(hospital, UnitKind::FeverClinic, "发热门诊").await;
        house.appoint(MANAGER, hospital).await;
        house.appoint(OTHER_MANAGER, other).await;
        let say = async |who, level| {
            let ctx = house.staff(who);
            act!(house, tx => opening::say_crowding(&ctx, tx, clinic, level))
        };
        say(MANAGER, Crowding::Busy).await.unwrap();
        say(MANAGER, Crowding::Crowded).await.unwrap();
        assert!(matches!(say(OTHER_MANAGER, Crowding::Quiet).await, Err(NetworkError::NotFound)));
        assert!(matches!(say(STEWARD, Crowding::Quiet).await, Err(NetworkError::Denied(_))));
        let mut read = house.db.read().await.unwrap();
        let found = queries::clinics::clinics(&mut read.conn(), DISTRICT, (None, None), Wanted::default(), house.now()).await.unwrap();
        assert_eq!(found[0].now.crowding, Some((Crowding::Crowded, house.now())));
    }

    async fn staff_are_numbers_by_training_and_sender(db: Db) {
        let house = House::new(db).await;
        let hospital = house.institution("H1", "东院", (InstitutionKind::Hospital, Level::Tertiary)).await;
        let ctx = house.staff(OFFICER);
        let one = |headcount, from: &str| Staffing {
            profession: Profession::Nurse,
            training: Training::IntensiveCare,
            seconded_from: from.to_owned(),
            headcount,
        };
        let set = async |day, all: Vec<Staffing>| {
            let day = jiff::civil::date(2026, 12, day);
            act!(house, tx => opening::set_staffing(&ctx, tx, hospital, day, &all))
        };
        set(1, vec![one(30, ""), one(12, "西院")]).await.unwrap();
        set(14, vec![one(0, "西院")]).await.unwrap();
        set(16, vec![one(40, "")]).await.unwrap();
        assert!(matches!(set(16, vec![one(-1, "")]).await, Err(NetworkError::Field { .. })));
        let mut read = house.db.read().await.unwrap();
        let view = queries::institutions::show(&ctx, &mut read.conn(), DISTRICT, hospital).await.unwrap();
        assert_eq!(view.staffing, [one(30, "")]);
    }
}
