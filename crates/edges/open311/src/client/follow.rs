//! Following what is open elsewhere: requests that were pulled, and cases that were sent. Both are asked about by their keys.

use std::collections::{HashMap, HashSet};

use linli_cases::commands::{Heard, heard_elsewhere};
use linli_cases::queries;
use serde_json::Value;

use super::pull::{Desk, Pulled, judge};
use super::push::{Push, Stage};
use super::remotes::Remote;
use super::row::{self, Told};
use super::server::Server;
use super::{RemoteError, store};

/// Keys asked about in one question.
const TOGETHER: usize = 50;
/// Requests asked about in one run; the next run goes on after them.
const MOST: i64 = 500;

impl Desk<'_> {
    /// Asks about pulled requests that are open here, after one of them. Gives the last that was asked about; an empty text at the end.
    pub(crate) async fn follow_pulled(&self, server: &Server, after: &str, pulled: &mut Pulled) -> Result<String, RemoteError> {
        let open = {
            let mut read = self.db.read().await?;
            queries::open_of_system(&mut read.conn(), self.district, &server.system, after, MOST).await?
        };
        for keys in open.chunks(TOGETHER) {
            let rows = asked_about(server, keys.iter().map(String::as_str)).await?;
            self.take(server, rows, pulled).await?;
        }
        let full = i64::try_from(open.len()).is_ok_and(|n| n >= MOST);
        Ok(open.last().filter(|_| full).cloned().unwrap_or_default())
    }

    /// Asks about cases that were sent there and writes what is new about them.
    pub(crate) async fn follow_sent(&self, server: &Server, remote: &Remote, pulled: &mut Pulled) -> Result<(), RemoteError> {
        let sent = {
            let mut read = self.db.read().await?;
            store::to_follow(&mut read.conn(), self.district, remote.id, MOST).await?
        };
        for pushes in sent.chunks(TOGETHER) {
            let rows = asked_about(server, pushes.iter().filter_map(|push| push.request_id.as_deref())).await?;
            let zone = self.spec.mapping.zone();
            let told: HashMap<String, Told> =
                judge(&server.system, &rows, zone.as_ref(), self.ctx.now(), pulled).into_iter().collect();
            for push in pushes {
                let known = push.request_id.as_deref().and_then(|key| told.get(key));
                self.heard(push, known, pulled).await?;
            }
        }
        Ok(())
    }

    async fn heard(&self, push: &Push, told: Option<&Told>, pulled: &mut Pulled) -> Result<(), RemoteError> {
        let asked = Push { tried_at: Some(self.ctx.now()), ..push.clone() };
        let Some(told) = told else {
            return self
                .keep(&asked.at(Stage::Sent, Some("it is not among the requests that are shown there".to_owned())), None)
                .await;
        };
        let word = if told.open { "open" } else { "closed" };
        let standing = if told.notes.is_empty() { word.to_owned() } else { format!("{word}: {}", told.notes) };
        if push.told.as_deref() == Some(standing.as_str()) {
            return self.keep(&asked.at(Stage::Sent, None), None).await;
        }
        // That it is open there goes without saying.
        let news = push.told.is_some() || !told.open || !told.notes.is_empty();
        let heard = Heard { system: &push.system, id: &told.id, open: told.open, status: word, notes: &told.notes };
        pulled.changed += usize::from(news);
        self.keep(&Push { told: Some(standing.clone()), ..asked.at(Stage::Sent, None) }, news.then_some(heard)).await
    }

    /// What is known of a sent case, and the line of the case, together.
    async fn keep(&self, push: &Push, heard: Option<Heard<'_>>) -> Result<(), RemoteError> {
        let mut tx = self.db.begin(self.district).await?;
        if !store::moved(&mut tx.conn()?, self.district, Stage::Sent, push).await? {
            return Ok(());
        }
        if let Some(heard) = heard {
            heard_elsewhere(self.ctx, &mut tx, self.office, push.case_id, heard).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// The requests of these keys. A key with a comma cannot be one of a list and is asked about alone; what was not asked about is left out.
async fn asked_about<'k>(server: &Server, keys: impl Iterator<Item = &'k str>) -> Result<Vec<Value>, RemoteError> {
    let (alone, together): (Vec<&str>, Vec<&str>) = keys.partition(|key| key.contains(','));
    let wanted: HashSet<&str> = alone.iter().chain(&together).copied().collect();
    let mut rows = Vec::new();
    if !together.is_empty() {
        rows.extend(server.ask("requests", &[("service_request_id", together.join(",").as_str())]).await?);
    }
    for key in alone {
        let escaped: String = form_urlencoded::byte_serialize(key.as_bytes()).collect();
        match server.ask(&format!("requests/{escaped}"), &[]).await {
            Ok(found) => rows.extend(found),
            Err(RemoteError::Refused { status: 404, .. }) => {}
            Err(error) => return Err(error),
        }
    }
    rows.retain(|row| row::id(row).is_ok_and(|id| wanted.contains(id.as_str())));
    Ok(rows)
}
