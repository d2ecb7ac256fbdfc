//! What is ours and not theirs: a stop of our own, and somebody who withdrew.

use linli_db::both_databases;
use linli_devices::model::DeviceKind;
use linli_devices::{commands, queries};

use crate::house::{DISTRICT, House, NOW, device, person};

const HOUR: i64 = 3_600;

impl House {
    /// Time passes while we hear, with a beat every ten minutes.
    async fn hear(&self, hours: i64) {
        for _ in 0..hours * 6 {
            self.pass(600);
            self.beat().await;
        }
    }
}

both_databases! {
    async fn a_stop_of_our_own_is_no_silence_of_devices(db: linli_db::Db) {
        let house = House::new(db).await;
        house.watching.agree(&[1]);
        let (_, token) = house.device(device(DeviceKind::Gateway, "网关"), &[("", 1)]).await;
        house.signs(&token, format!("{{\"at\":{NOW}}}")).await;
        house.beat().await;
        house.hear(1).await;
        assert_eq!(house.sweep().await, 0);
        assert!(!house.get("/admin/devices", "admin").await.text.contains("本平台自己"));

        // For two days we are away; the gateway, which speaks every hour, is not heard because nobody listens.
        house.pass(48 * HOUR);
        assert_eq!(house.sweep().await, 0, "the sweep may come before the first beat");
        house.beat().await;
        assert_eq!(house.sweep().await, 0);
        assert!(house.watching.unheard.lock().unwrap().is_empty(), "nobody is rung up for our stop");
        assert!(house.get("/admin/devices", "admin").await.text.contains("本平台自己"), "the gap is said");

        // Given its whole time again, it is silent all the same, and then whoever depends on it is not watched.
        house.hear(1).await;
        assert_eq!(house.sweep().await, 0);
        house.hear(2).await;
        assert_eq!(house.sweep().await, 1);
        assert_eq!(*house.watching.unheard.lock().unwrap(), [(person(1), true)]);
    }

    async fn a_restart_of_a_few_minutes_is_no_gap(db: linli_db::Db) {
        let house = House::new(db).await;
        house.watching.agree(&[1]);
        let (_, token) = house.device(device(DeviceKind::Gateway, "网关"), &[("", 1)]).await;
        house.signs(&token, format!("{{\"at\":{NOW}}}")).await;
        house.beat().await;
        for _ in 0..4 {
            house.hear(1).await;
            house.pass(4 * 60);
            house.beat().await;
        }
        assert_eq!(house.sweep().await, 1, "restarts now and then hide no silence");
    }

    async fn a_device_whose_only_person_withdrew_is_nobodys_and_counts_anew(db: linli_db::Db) {
        let house = House::new(db).await;
        house.watching.agree(&[1]);
        let (id, token) = house.device(device(DeviceKind::Gateway, "网关"), &[("a", 1)]).await;
        house.pass(10 * HOUR);
        let line = |who: &str, at: i64| format!("{{\"who\":\"{who}\",\"at\":{at}}}\n");
        house.signs(&token, line("a", NOW + 10 * HOUR)).await;
        house.signs(&token, line("nobody", NOW + 10 * HOUR)).await;
        house.flush().await;
        let before = house.watching.signs().len();
        house.pass(90 * 60);
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        assert_eq!(commands::forget(&house.system(), &mut tx, person(1).id).await.unwrap(), 1);
        tx.commit().await.unwrap();
        house.devices.missed();
        let listed = {
            let mut read = house.db.read().await.unwrap();
            queries::device(&house.admin(), &mut read.conn(), DISTRICT, id).await.unwrap()
        };
        let now = NOW + 10 * HOUR + 90 * 60;
        assert_eq!(listed.device.heard_at.unwrap().0, (now - now.rem_euclid(HOUR)) * 1_000_000, "the hour of the forgetting, and not hers");
        assert!(listed.dropped.is_empty() && listed.people == 0, "{listed:?}");
        // The hour is not the one of its making, ten hours ago: it is not called silent for having been forgotten.
        assert_eq!(house.sweep().await, 0);
        // What it says goes on, and is of nobody.
        let answer = house.signs(&token, line("a", now)).await;
        assert_eq!(answer.status, ::http::StatusCode::OK, "{}", answer.text);
        assert_eq!(house.watching.signs().len(), before);
        assert_eq!(house.dropped(id).await["unknown_person"], 1);
    }
}
