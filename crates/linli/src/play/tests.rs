//! Two demonstrations of the same hour.

use std::collections::BTreeSet;

use linli_db::{DbConfig, sql};
use linli_kernel::{SystemClock, SystemRng};

use super::*;
use crate::cli::Profile;

fn how() -> Serve {
    Serve {
        profile: Profile::Both,
        listen: ([127, 0, 0, 1], 8311).into(),
        tls_cert: None,
        tls_key: None,
        behind_proxy: false,
        base_url: None,
        new_key: false,
        watch_anew: false,
        ops_token: None,
        fhir_hooks_inside: Vec::new(),
        mqtt_broker: None,
        mqtt_ca: None,
        mqtt_id: "linli".to_owned(),
        mqtt_user: None,
        mqtt_password: None,
        #[cfg(feature = "scale")]
        together: crate::cli::Together::default(),
    }
}

#[test]
fn the_end_is_a_whole_hour() {
    let at = |h, m, s| Ts::from_local(jiff::civil::date(2026, 11, 23).at(h, m, s, 0)).unwrap();
    assert_eq!(last_hour(at(15, 59, 59)), at(15, 0, 0));
    assert_eq!(last_hour(at(16, 0, 0)), at(16, 0, 0));
}

/// What docs/demo.md calls equal, and the seventeen states, by the database that comes out. One of the long runs.
#[tokio::test(flavor = "multi_thread")]
async fn two_demonstrations_of_the_same_hour_are_equal_where_it_is_said() {
    if std::env::var_os("LINLI_FULL").is_none() {
        return;
    }
    let end = Ts::from_local(jiff::civil::date(2026, 11, 23).at(15, 0, 0, 0)).unwrap();
    let mut told = Vec::new();
    for _ in 0..2 {
        let folder = tempfile::tempdir().unwrap();
        let config = DbConfig { folder: folder.path().to_owned(), url: None, readers: 4 };
        let machine = Machine { config, clock: Arc::new(SystemClock), rng: Arc::new(SystemRng) };
        let db = Db::open(&machine.config).await.unwrap();
        make(&machine, &db, &how(), end, 300).await.unwrap();
        told.push(tell(&db).await);
        db.close().await;
    }
    let [first, second] = &told[..] else { panic!("two") };
    for (what, lines) in first {
        let other = &second.iter().find(|(name, _)| name == what).unwrap().1;
        let differ = lines.symmetric_difference(other).take(4).collect::<Vec<_>>();
        assert!(!lines.is_empty() && differ.is_empty(), "{what} ({}): {differ:?}", lines.len());
    }
    let states = first.iter().find(|(name, _)| *name == "states").unwrap();
    assert_eq!(states.1.len(), linli_cases::CaseState::ALL.len() - 1, "{states:?}");
}

async fn tell(db: &Db) -> Vec<(&'static str, BTreeSet<String>)> {
    let mut told = Vec::new();
    for (what, text) in [
        ("places", "SELECT hex(id) || code || place_path || name FROM place"),
        ("boards", "SELECT code || place_path FROM board_code"),
        ("people", "SELECT hex(id) || code || name FROM person WHERE code <> 'admin-1'"),
        ("appointments", "SELECT hex(id) || hex(person_id) || place_path FROM appointment WHERE role <> 'administrator'"),
        (
            "cases",
            "SELECT hex(id) || description || place_path || state || class || reported_at || due_at || state_since || \
             coalesce(hex(owner_person), '') || coalesce(closed_at, '') || channel FROM case_file",
        ),
        ("states", "SELECT DISTINCT state FROM case_file"),
    ] {
        let mut read = db.read().await.unwrap();
        let rows: Vec<String> =
            sql!(&mut read.conn(), x => sqlx::query_scalar(sqlx::AssertSqlSafe(text)).fetch_all(x).await).unwrap();
        told.push((what, rows.into_iter().collect()));
    }
    told
}
