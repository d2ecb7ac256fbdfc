//! Exactly one treatment grid per institution, kind and time; what was true on a day stays true.

use linli_db::Db;
use linli_kernel::Ts;
use linli_treatment::commands::{grids, institutions};
use linli_treatment::model::{GridKind, GridRef, InstitutionId, InstitutionKind, Level};
use linli_treatment::{NetworkError, Wrong, queries};

use crate::house::{DISTRICT, House, MANAGER, OFFICER, STEWARD, Staff, act, at};

const HOSPITAL: (InstitutionKind, Level) = (InstitutionKind::Hospital, Level::Tertiary);
const CENTRE: (InstitutionKind, Level) = (InstitutionKind::HealthCentre, Level::Primary);

impl House {
    async fn found(&self, code: &str, lead: InstitutionId, kind: GridKind) -> Result<GridRef, NetworkError> {
        let ctx = self.staff(OFFICER);
        let name = format!("{code}网");
        act!(self, tx => grids::found(&ctx, tx, (code, &name, kind), lead, at(1, 0, 0)))
    }

    async fn join(&self, who: Staff, institution: InstitutionId, grid: GridRef, from: Ts) -> Result<(), NetworkError> {
        let ctx = self.staff(who);
        act!(self, tx => grids::join(&ctx, tx, institution, grid, from))
    }

    async fn grid_on(&self, institution: InstitutionId, when: Ts) -> Option<String> {
        let mut read = self.db.read().await.unwrap();
        let c = &mut read.conn();
        let grid = queries::grids::grid_at(c, (DISTRICT, institution), GridKind::General, when).await.unwrap();
        assert_eq!(queries::grids::check(c, DISTRICT).await.unwrap(), Vec::<String>::new());
        grid.map(|grid| grid.code)
    }
}

linli_db::both_databases! {
    async fn a_change_ends_the_old_grid_and_begins_the_new(db: Db) {
        let house = House::new(db).await;
        let east = house.institution("H1", "东院", HOSPITAL).await;
        let west = house.institution("H2", "西院", HOSPITAL).await;
        let centre = house.institution("C1", "锁金村社区卫生服务中心", CENTRE).await;
        let (a, b) = (house.found("A", east, GridKind::General).await.unwrap(), house.found("B", west, GridKind::General).await.unwrap());
        house.join(OFFICER, centre, a, at(2, 0, 0)).await.unwrap();
        house.join(OFFICER, centre, b, at(20, 0, 0)).await.unwrap();
        assert_eq!(house.grid_on(centre, at(1, 0, 0)).await, None);
        assert_eq!(house.grid_on(centre, at(2, 0, 0)).await.as_deref(), Some("A"));
        assert_eq!(house.grid_on(centre, at(19, 23, 59)).await.as_deref(), Some("A"));
        assert_eq!(house.grid_on(centre, at(20, 0, 0)).await.as_deref(), Some("B"));
        // The lead is the first member.
        assert_eq!(house.grid_on(east, at(15, 0, 0)).await.as_deref(), Some("A"));
        let mut read = house.db.read().await.unwrap();
        let names = |members: Vec<linli_treatment::model::Institution>| members.into_iter().map(|one| one.name).collect::<Vec<_>>();
        let members = queries::grids::members(&mut read.conn(), a, at(15, 0, 0)).await.unwrap();
        assert_eq!(names(members), ["锁金村社区卫生服务中心", "东院"], "by their codes");
        assert_eq!(names(queries::grids::members(&mut read.conn(), a, at(21, 0, 0)).await.unwrap()), ["东院"]);
        let kinds = house.kinds(centre.0).await;
        assert_eq!(kinds.iter().filter(|kind| *kind == "treatment.grid_joined").count(), 2);
    }

    async fn a_back_dated_overlap_is_refused_with_the_name_of_the_other_grid(db: Db) {
        let house = House::new(db).await;
        let east = house.institution("H1", "东院", HOSPITAL).await;
        let west = house.institution("H2", "西院", HOSPITAL).await;
        let centre = house.institution("C1", "锁金村社区卫生服务中心", CENTRE).await;
        let (a, b) = (house.found("A", east, GridKind::General).await.unwrap(), house.found("B", west, GridKind::General).await.unwrap());
        house.join(OFFICER, centre, a, at(2, 0, 0)).await.unwrap();
        match house.join(OFFICER, centre, b, at(10, 0, 0)).await {
            Err(NetworkError::OtherGrid { grid, since }) => assert_eq!((grid.as_str(), since), ("A网", at(2, 0, 0))),
            other => panic!("{other:?}"),
        }
        assert_eq!(house.grid_on(centre, at(12, 0, 0)).await.as_deref(), Some("A"));
        // The lead of one leads no other of the kind, but one of another kind.
        assert!(matches!(house.found("C", east, GridKind::General).await, Err(NetworkError::OtherGrid { .. })));
        house.found("K", east, GridKind::Children).await.unwrap();
        // A centre leads none, and only those who may change institutions change grids.
        let refused = house.found("D", centre, GridKind::General).await;
        assert!(matches!(refused, Err(NetworkError::Field { problem: Wrong::NoLead, .. })), "{refused:?}");
        assert!(matches!(house.join(MANAGER, centre, b, at(16, 0, 0)).await, Err(NetworkError::Denied(_))));
        assert!(matches!(house.join(STEWARD, centre, b, at(16, 0, 0)).await, Err(NetworkError::NotFound)));
    }

    async fn of_two_changes_at_one_moment_one_wins(db: Db) {
        let house = std::sync::Arc::new(House::new(db).await);
        let east = house.institution("H1", "东院", HOSPITAL).await;
        let west = house.institution("H2", "西院", HOSPITAL).await;
        let north = house.institution("H3", "北院", HOSPITAL).await;
        let centre = house.institution("C1", "锁金村社区卫生服务中心", CENTRE).await;
        let a = house.found("A", east, GridKind::General).await.unwrap();
        let b = house.found("B", west, GridKind::General).await.unwrap();
        let d = house.found("D", north, GridKind::General).await.unwrap();
        house.join(OFFICER, centre, a, at(2, 0, 0)).await.unwrap();
        let tries = [b, d].map(|grid| {
            let house = house.clone();
            tokio::spawn(async move { house.join(OFFICER, centre, grid, house.now()).await.is_ok() })
        });
        let mut won = 0;
        for one in tries {
            won += usize::from(one.await.unwrap());
        }
        assert_eq!(won, 1);
        let after = house.grid_on(centre, house.now()).await.unwrap();
        assert!(["B", "D"].contains(&after.as_str()));
        assert_eq!(house.grid_on(centre, at(10, 0, 0)).await.as_deref(), Some("A"));
    }

    async fn whoever_closes_leaves_the_grid_and_history_stays(db: Db) {
        let house = House::new(db).await;
        let east = house.institution("H1", "东院", HOSPITAL).await;
        let centre = house.institution("C1", "锁金村社区卫生服务中心", CENTRE).await;
        let a = house.found("A", east, GridKind::General).await.unwrap();
        house.join(OFFICER, centre, a, at(2, 0, 0)).await.unwrap();
        let ctx = house.staff(OFFICER);
        act!(house, tx => institutions::close(&ctx, tx, centre, at(16, 0, 0))).unwrap();
        assert_eq!(house.grid_on(centre, at(15, 23, 0)).await.as_deref(), Some("A"));
        assert_eq!(house.grid_on(centre, at(16, 0, 0)).await, None);
        let again = act!(house, tx => institutions::close(&ctx, tx, centre, at(17, 0, 0)));
        assert!(matches!(again, Err(NetworkError::Field { problem: Wrong::Closed, .. })));
    }

    async fn a_community_has_one_centre_at_a_time(db: Db) {
        let house = House::new(db).await;
        let first = house.institution("C1", "第一中心", CENTRE).await;
        let second = house.institution("C2", "第二中心", CENTRE).await;
        let hospital = house.institution("H1", "东院", HOSPITAL).await;
        let ctx = house.staff(OFFICER);
        let assign = async |institution, from| act!(house, tx => grids::assign_catchment(&ctx, tx, "锁金社区", institution, from));
        assign(first, at(1, 0, 0)).await.unwrap();
        assign(second, at(20, 0, 0)).await.unwrap();
        match assign(first, at(18, 0, 0)).await {
            Err(NetworkError::OtherCentre { institution, .. }) => assert_eq!(institution, "第二中心"),
            other => panic!("{other:?}"),
        }
        assert!(matches!(assign(hospital, at(21, 0, 0)).await, Err(NetworkError::Field { problem: Wrong::NoCentre, .. })));
        let mut read = house.db.read().await.unwrap();
        let home = crate::house::path(crate::house::COMMUNITY);
        for (when, centre) in [(at(2, 0, 0), Some(first)), (at(19, 0, 0), Some(first)), (at(20, 0, 0), Some(second))] {
            assert_eq!(queries::grids::centre_at(&mut read.conn(), DISTRICT, &home, when).await.unwrap(), centre);
        }
        let before = at(1, 0, 0).plus_secs(-1);
        assert_eq!(queries::grids::centre_at(&mut read.conn(), DISTRICT, &home, before).await.unwrap(), None);
    }
}
