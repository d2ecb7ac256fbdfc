//! What needs a key: reporting. Without `write` only that a report without a key is refused, which makes nothing.

use serde_json::Value;

use super::list::{NOBODY, Services, in_path};
use super::{Checker, Format, GaveUp, Kind, Verdict, Wanted, items, word};

/// What stands in test reports, so that whoever reads them knows.
const WORDS: &str = "linli open311-check: test, please close";

impl Checker<'_> {
    pub(super) async fn reporting(&mut self, services: &Services) -> Result<(), GaveUp> {
        self.post(Format::Xml, &[], Wanted::refused(403)).await?;
        let code = services.all.iter().find(|service| word(service, "metadata") == "false").map(|s| word(s, "service_code"));
        match (self.options.write, self.options.api_key.clone(), code) {
            (false, ..) => self.note(Verdict::Left, "no test report is made (--write makes some)".to_owned()),
            (true, None, _) => self.note(Verdict::Left, "no test report is made: that needs an --api-key".to_owned()),
            (true, Some(_), None) => {
                self.note(Verdict::Left, "no test report is made: every service asks for attributes".to_owned());
            }
            (true, Some(key), Some(code)) => self.write(services, &key, code).await?,
        }
        Ok(())
    }

    async fn post(&mut self, format: Format, fields: &[(&str, &str)], wanted: Wanted) -> Result<Option<Value>, GaveUp> {
        let path = format!("requests.{}", format.ending());
        let mut fields = fields.to_vec();
        let jurisdiction = self.options.jurisdiction.clone();
        fields.extend(jurisdiction.as_deref().map(|id| ("jurisdiction_id", id)));
        let got = self.client.post(&path, &fields).await;
        let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
        self.judge(&format!("POST {path} ({})", names.join(", ")), got.map(as_created), format, wanted)
    }

    async fn write(&mut self, services: &Services, key: &str, code: &str) -> Result<(), GaveUp> {
        let service = ("service_code", code);
        let here = [("lat", "32.0603"), ("long", "118.7969"), ("description", WORDS)];
        let with = |first: &[(&'static str, &'static str)]| [first, &here].concat();
        self.post(Format::Xml, &[&with(&[])[..], &[("api_key", NOBODY), service]].concat(), Wanted::refused(403)).await?;
        let key = ("api_key", key);
        self.post(Format::Xml, &[&with(&[])[..], &[key]].concat(), Wanted::refused(400)).await?;
        self.post(Format::Xml, &[&with(&[])[..], &[key, ("service_code", NOBODY)]].concat(), Wanted::refused(404)).await?;
        self.post(Format::Xml, &[key, service, ("description", WORDS)], Wanted::refused(400)).await?;
        self.post(Format::Xml, &[key, service, ("lat", "32.0603"), ("description", WORDS)], Wanted::refused(400)).await?;
        // Sent twice on purpose: two people may say the same of the same lamp, and neither may be turned away.
        for format in services.formats().iter().chain([&Format::Xml]) {
            let words = [key, service, ("address_string", "1234 5th street"), ("email", ""), ("phone", "")];
            let made = self.post(*format, &[&words[..], &here].concat(), Wanted::good(Kind::Created)).await?;
            if let Some(made) = made {
                self.made(&made).await?;
            }
        }
        self.post(
            Format::Xml,
            &[key, service, ("address_string", "1234 5th street"), ("description", WORDS)],
            Wanted::good(Kind::Created),
        )
        .await?;
        Ok(())
    }

    /// An id or a token, not both and not neither; and the id can be asked for, unless the server keeps it private or looks first.
    async fn made(&mut self, made: &Value) -> Result<(), GaveUp> {
        let Some(made) = items(Some(made)).first() else {
            self.note(Verdict::Wrong, "a report is answered with one request: there is none".to_owned());
            return Ok(());
        };
        let (id, token) = (word(made, "service_request_id"), word(made, "token"));
        self.holds(id.is_empty() != token.is_empty(), "a report is answered with an id or a token", || {
            if id.is_empty() { "neither was sent" } else { "both were sent" }.to_owned()
        });
        if !token.is_empty() {
            self.get(&format!("tokens/{}", in_path(token)), Format::Xml, &[], Wanted::good(Kind::Created)).await?;
        }
        if !id.is_empty() {
            let path = self.path(&format!("requests/{}", in_path(id)), Format::Xml, &[]);
            let got = self.client.get(&path).await;
            if got.as_ref().is_ok_and(|got| got.status == 404) {
                self.note(Verdict::Left, format!("{id} is not shown; the server may keep it private or look at it first"));
            } else {
                self.judge(&format!("GET {path}"), got, Format::Xml, Wanted::good(Kind::Requests))?;
            }
        }
        Ok(())
    }
}

/// Servers answer 200 or 201 when something was made; the specification names neither.
fn as_created(mut got: super::Got) -> super::Got {
    if got.status == 201 {
        got.status = 200;
    }
    got
}
