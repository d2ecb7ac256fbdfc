//! Referrals asked for by many at once, each on disk before it is answered.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use linli_db::DbConfig;
use linli_treatment::commands::referrals::{Candidate, NewReferral, ask};
use linli_treatment::model::GridKind;
use linli_treatment::model::beds::BedType;
use linli_treatment::model::referrals::{Consent, Direction, Patient, Severity};

use super::ground::{self, Ground};
use super::life::CLIENTS;
use crate::bench::figure::{median, print};
use crate::bench::http::syncs_per_second;

const ROUNDS: usize = 5;
const SPAN: Duration = Duration::from_secs(5);

/// Prints `referral.commands_per_s`: the median of five rounds of five seconds in which 64 clients ask for a referral each, one after the
/// other, every one of another patient, durable on SQLite.
pub async fn run(place: &Path) -> anyhow::Result<()> {
    let folder = place.join("referrals");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let config = DbConfig::in_folder(folder.clone());
    let marks = ground::lay(&config).await?;
    let ground = Arc::new(Ground::open(&config, marks).await?);
    let number = Arc::new(AtomicU32::new(0));
    let (mut rates, mut syncs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        syncs.push(syncs_per_second(&folder)?);
        let (begun, before) = (Instant::now(), number.load(Ordering::Relaxed));
        let mut asking = Vec::with_capacity(CLIENTS);
        for _ in 0..CLIENTS {
            let (ground, number) = (Arc::clone(&ground), Arc::clone(&number));
            asking.push(tokio::spawn(async move {
                while begun.elapsed() < SPAN {
                    one(&ground, number.fetch_add(1, Ordering::Relaxed)).await?;
                }
                anyhow::Ok(())
            }));
        }
        for one in asking {
            one.await??;
        }
        rates.push(f64::from(number.load(Ordering::Relaxed) - before) / begun.elapsed().as_secs_f64());
    }
    print("referral", "commands_per_s", median(rates), "1/s", &[("fsync_per_s", median(syncs))])?;
    ground.db.clone().close().await;
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

async fn one(ground: &Ground, number: u32) -> anyhow::Result<()> {
    let new = NewReferral {
        direction: Direction::Up,
        grid_kind: GridKind::General,
        bed_type: BedType::Icu,
        needs: vec!["ventilation".to_owned()],
        suggested: (Severity::Severe, "bench".to_owned()),
        severity: Severity::Severe,
        consent: Consent::Patient,
        to: None,
        patient: Patient {
            name: format!("测量{number}"),
            id_number: format!("BENCH{number:010}"),
            born: "1944-05-01".to_owned(),
            phone: String::new(),
            condition: "静息血氧 92%，发热三天，气促".to_owned(),
            vitals: "SpO₂ 92% · RR 24".to_owned(),
            continuing: String::new(),
            number: None,
        },
    };
    let candidates = [Candidate { at: (ground.district, ground.hospital), free: Some(1), own_lead: true }];
    let mut tx = ground.db.begin(ground.district).await?;
    ask(&ground.doctor, &mut tx, &ground.desk, new, &candidates).await?;
    Ok(tx.commit().await.map(|_| ())?)
}
