//! Renovation items: consent by building, funding, progress with photos, acceptance by those who live there.

use linli_access::Denied;
use linli_db::Db;
use linli_retrofit::commands::items::{self, Progress};
use linli_retrofit::model::{Class, Funding, ItemState, Moment};
use linli_retrofit::{RetrofitError, Wrong, queries};

use crate::house::{ELSEWHERE, House, MANAGER, SECRETARY, STEWARD, act};

linli_db::both_databases! {
    async fn an_improvement_needs_its_buildings_and_ends_with_the_residents(db: Db) {
        let house = House::new(db).await;
        let funding = Funding { central: 10_000_000, city: 5_000_000, owners: 1_234, ..Funding::default() };
        let enter = async |who, code, funding| act!(house, tx => items::enter(&house.staff(who), tx, &house.office, ("梅园一村", code, "东门停车场"), funding));
        assert!(matches!(enter(STEWARD, "parking", funding).await, Err(RetrofitError::Denied(Denied::Forbidden))));
        assert!(matches!(enter(ELSEWHERE, "parking", funding).await, Err(RetrofitError::Denied(Denied::Forbidden))));
        let negative = Funding { city: -1, ..funding };
        assert!(matches!(enter(SECRETARY, "parking", negative).await, Err(RetrofitError::Field { field: "city", problem: Wrong::NotMoney })));
        assert!(matches!(enter(SECRETARY, "no_such", funding).await, Err(RetrofitError::Field { field: "code", .. })));
        let id = enter(SECRETARY, "parking", funding).await.unwrap();
        let whole = async || {
            let mut read = house.db.read().await.unwrap();
            queries::item(&house.staff(MANAGER), &mut read.conn(), &house.office, id).await.unwrap()
        };
        let entered = whole().await;
        assert_eq!((entered.item.class, entered.item.state, entered.item.funding.total()), (Class::Improvement, ItemState::Asking, Some(15_001_234)));
        // Work does not begin before every building that was asked agrees.
        let go = async |percent, photos: Vec<(linli_retrofit::commands::Photo, Moment)>| {
            let new = Progress { percent, day: "", said: "", photos };
            act!(house, tx => items::progress(&house.staff(MANAGER), tx, &house.office, id, new))
        };
        assert!(matches!(go(10, Vec::new()).await, Err(RetrofitError::NotPassed)));
        let building = entered.buildings[0].0.clone();
        let ask = async |agreed, homes| act!(house, tx => items::ask(&house.staff(SECRETARY), tx, id, (&building, agreed, homes, "")));
        assert!(matches!(ask(15, 14).await, Err(RetrofitError::Field { field: "agreed", .. })));
        ask(9, 14).await.unwrap();
        assert!(matches!(go(10, Vec::new()).await, Err(RetrofitError::NotPassed)), "nine of fourteen are not two thirds");
        ask(10, 14).await.unwrap();
        let photo = house.photo(b"before").await;
        go(10, vec![(photo, Moment::Before)]).await.unwrap();
        assert!(matches!(go(5, Vec::new()).await, Err(RetrofitError::Field { field: "percent", .. })), "it does not go back");
        let accept = async |present, content, said| act!(house, tx => items::accept(&house.staff(SECRETARY), tx, id, ("", present, content, said)));
        assert!(matches!(accept(10, 9, "").await, Err(RetrofitError::NoStep)), "not finished");
        go(100, vec![(house.photo(b"after").await, Moment::After)]).await.unwrap();
        // Half of those who came are not more than half: back to work, with a reason.
        assert!(matches!(accept(10, 5, "").await, Err(RetrofitError::Field { field: "said", .. })));
        accept(10, 5, "地面不平").await.unwrap();
        assert_eq!(whole().await.item.state, ItemState::Working);
        go(100, Vec::new()).await.unwrap();
        accept(10, 6, "").await.unwrap();
        let end = whole().await;
        assert_eq!((end.item.state, end.photos.len(), end.notes.len()), (ItemState::Accepted, 2, 5));
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        assert_eq!(queries::item_photo(c, house.district, id, (1, true)).await.unwrap(), photo.thumb);
        assert!(queries::item_photo(c, house.district, id, (3, true)).await.is_err());
        drop(read);
        house.clean().await;
    }
}
