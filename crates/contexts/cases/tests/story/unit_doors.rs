//! The private link of an organisation does not outlive whoever answers for it.

use http::StatusCode;
use linli_cases::commands::{self, Finish, NewCall};
use linli_cases::{CallKind, CasesError, queries};
use linli_db::{Db, exec};

use crate::house::{COMMUNITY, DESK, DISTRICT, House, OFFICER, SECRETARY, Staff, act, photo};
use crate::units::{LAMPS, WATER};
use crate::web::Web;

impl House {
    /// The post under which somebody acts ends now.
    async fn leaves(&self, who: Staff) {
        let mut tx = self.db.begin(DISTRICT).await.unwrap();
        let c = &mut tx.conn().unwrap();
        let ended = exec!(
            c,
            sqlx::query("UPDATE appointment SET valid_to = $1 WHERE district_id = 1 AND id = $2")
                .bind(self.clock_now())
                .bind(who.owner().appointment)
        )
        .unwrap();
        assert_eq!(ended, 1);
        tx.commit().await.unwrap();
    }
}

linli_db::both_databases! {
    /// Every door that the link opens is shut, reading and writing; what the organisation has stays with it, and a new link opens it.
    async fn a_link_stops_with_the_post_of_its_maker(db: Db) {
        let house = House::new(db).await;
        house.organisations().await;
        let (visitor, office) = (house.visitor(), &house.office);
        let made = house.unit_link(SECRETARY, LAMPS, COMMUNITY).await.unwrap();
        let other = house.unit_link(OFFICER, WATER, COMMUNITY).await.unwrap();
        let id = house.lamp().await.id;
        house.entrust(DESK, id, LAMPS).await.unwrap();
        act!(house, tx => commands::take_as_unit(&visitor, tx, office, &made.token, id)).unwrap();
        let help = NewCall { kind: CallKind::Assist, units: &[LAMPS], answer_by: None, words: "请更换灯具" };
        let second = house.lamp().await.id;
        act!(house, tx => commands::call(&house.staff(DESK), tx, office, second, help.clone())).unwrap();

        house.clock.advance_secs(60);
        house.leaves(SECRETARY).await;
        house.clock.advance_secs(1);
        let shut = |error: CasesError| assert_eq!(error.code().name, "cases.link_left");
        {
            let mut read = house.db.read().await.unwrap();
            let c = &mut read.conn();
            shut(queries::unit_door(c, &made.token, house.clock_now()).await.unwrap_err());
            queries::unit_door(c, &other.token, house.clock_now()).await.unwrap();
        }
        let done = Finish { photos: vec![photo(9)], ..Finish::default() };
        shut(act!(house, tx => commands::finish_as_unit(&visitor, tx, office, &made.token, (id, done.clone()))).unwrap_err());
        shut(act!(house, tx => commands::note_as_unit(&visitor, tx, &made.token, (id, "到了", true))).unwrap_err());
        shut(act!(house, tx => commands::ask_time(&visitor, tx, office, &made.token, (id, "one_day", "缺货"))).unwrap_err());
        shut(act!(house, tx => commands::return_as_unit(&visitor, tx, office, &made.token, (id, "不是我们的"))).unwrap_err());
        shut(act!(house, tx => commands::note_opening(&visitor, tx, &made.token, None)).unwrap_err());
        assert_eq!(house.case(id).await.unit, Some(LAMPS), "it is still theirs");

        // Whoever is still there makes another one, and the work goes on.
        let anew = house.unit_link(OFFICER, LAMPS, COMMUNITY).await.unwrap();
        act!(house, tx => commands::finish_as_unit(&visitor, tx, office, &anew.token, (id, done.clone()))).unwrap();
        house.fold().await;
        house.clean().await;
    }

    /// A successor in the role at that place answers for it: the organisation notices nothing.
    async fn a_successor_takes_the_link_over(db: Db) {
        let house = House::new(db).await;
        house.organisations().await;
        let made = house.unit_link(SECRETARY, LAMPS, COMMUNITY).await.unwrap();
        house.leaves(SECRETARY).await;
        // Somebody in the same role elsewhere is no successor.
        house.appointed(Staff { number: 40, at: "0000000100010002", ..SECRETARY }).await;
        let door = async || {
            let mut read = house.db.read().await.unwrap();
            queries::unit_door(&mut read.conn(), &made.token, house.clock_now()).await
        };
        assert!(matches!(door().await, Err(CasesError::LinkLeft)));
        // Nor is somebody in another role here.
        house.appointed(Staff { number: 41, role: linli_access::Role::CommunityWorker, ..SECRETARY }).await;
        assert!(matches!(door().await, Err(CasesError::LinkLeft)));
        house.appointed(Staff { number: 42, ..SECRETARY }).await;
        assert_eq!(door().await.unwrap().id, made.link.id);
        // He may close it.
        act!(house, tx => commands::revoke_unit_link(&house.staff(Staff { number: 42, ..SECRETARY }), tx, made.link.id)).unwrap();
        assert!(matches!(door().await, Err(CasesError::LinkOver)));
    }

    /// Both sides are told what to do.
    async fn the_pages_say_what_to_do(db: Db) {
        let web = Web::open(db).await;
        web.house.organisations().await;
        let made = web.house.unit_link(SECRETARY, LAMPS, COMMUNITY).await.unwrap();
        let id = web.house.lamp().await.id;
        web.house.entrust(DESK, id, LAMPS).await.unwrap();
        let own = format!("/u/{}", made.token.secret_text());
        assert_eq!(web.get(&own, None).await.status, StatusCode::OK);
        web.house.leaves(SECRETARY).await;
        web.house.clock.advance_secs(1);
        for page in [own.clone(), format!("{own}/cases/{id}"), format!("{own}/cases/{id}/photo/1")] {
            let shut = web.get(&page, None).await;
            assert_eq!(shut.status, StatusCode::GONE, "{page}");
            assert!(shut.text.contains("开通它的人已经离任") && shut.text.contains("由接任的人重新开通"), "{}", shut.text);
        }
        assert_eq!(web.post(&format!("{own}/cases/{id}/take"), None, "idempotency_key=unit-take-9").await.status, StatusCode::GONE);
        let list = web.get("/units", Some(SECRETARY)).await.text;
        assert!(list.contains("已停用：开通人已离任，无人接任"), "{list}");
    }
}
