//! What can be asked without a key: discovery, services, definitions, requests, refusals.

use serde_json::Value;

use super::{Checker, Format, GaveUp, Kind, Verdict, Wanted, items, word};
use crate::check::is_instant;

/// An id, a code and a name that no server has.
pub(super) const NOBODY: &str = "linli-check-no-such-thing";

/// What was found of the services.
#[derive(Debug, Default)]
pub(super) struct Services {
    /// The services.
    pub(super) all: Vec<Value>,
    /// Whether JSON is offered.
    pub(super) json: bool,
}

impl Services {
    pub(super) fn formats(&self) -> &'static [Format] {
        if self.json { &[Format::Xml, Format::Json] } else { &[Format::Xml] }
    }
}

impl Checker<'_> {
    /// Discovery may stand elsewhere than at the endpoint; when it is there, it must be right in both formats.
    pub(super) async fn discovery(&mut self) -> Result<(), GaveUp> {
        let path = self.path("discovery", Format::Xml, &[]);
        let found = self.client.get(&path).await;
        if found.as_ref().is_ok_and(|got| got.status == 404) {
            self.note(Verdict::Left, "discovery.xml is not at this address; it may stand elsewhere".to_owned());
            return Ok(());
        }
        self.judge(&format!("GET {path}"), found, Format::Xml, Wanted::good(Kind::Discovery))?;
        let found = self.get("discovery", Format::Json, &[], Wanted::good(Kind::Discovery)).await?;
        for endpoint in items(found.as_ref().and_then(|value| value.get("endpoints"))) {
            let named = items(endpoint.get("formats")).iter().any(|format| format == "text/xml");
            self.holds(named, "discovery names text/xml, which every endpoint must speak", || {
                format!("{} does not", word(endpoint, "url"))
            });
        }
        Ok(())
    }

    pub(super) async fn services(&mut self) -> Result<Services, GaveUp> {
        let wanted = Wanted::good(Kind::Services);
        let xml = self.get("services", Format::Xml, &[], wanted).await?;
        let path = self.path("services", Format::Json, &[]);
        let got = self.client.get(&path).await;
        let json = !got.as_ref().is_ok_and(|got| got.status == 404);
        if json {
            let as_json = self.judge(&format!("GET {path}"), got, Format::Json, wanted)?;
            if let (Some(xml), Some(as_json)) = (&xml, &as_json) {
                let codes = |value| items(Some(value)).iter().map(|one| word(one, "service_code").to_owned()).collect::<Vec<_>>();
                self.holds(codes(xml) == codes(as_json), "services are the same in XML and in JSON", || {
                    "they are not".to_owned()
                });
            }
        } else {
            self.note(Verdict::Left, "services.json is not offered; JSON is optional".to_owned());
        }
        Ok(Services { all: items(xml.as_ref()).to_vec(), json })
    }

    pub(super) async fn definitions(&mut self, services: &Services) -> Result<(), GaveUp> {
        let defined = services.all.iter().find(|service| word(service, "metadata") == "true");
        match defined.map(|service| word(service, "service_code")) {
            None => self.note(Verdict::Left, "no service has a definition (metadata is false)".to_owned()),
            Some(code) => {
                for format in services.formats() {
                    let found =
                        self.get(&format!("services/{}", in_path(code)), *format, &[], Wanted::good(Kind::Definition)).await?;
                    if let Some(found) = found {
                        self.holds(word(&found, "service_code") == code, "a definition names its service", || {
                            format!("it names \"{}\", not \"{code}\"", word(&found, "service_code"))
                        });
                        self.orders(items(found.get("attributes")));
                    }
                }
            }
        }
        Ok(())
    }

    /// `order` is a positive number that no other attribute of the service has.
    fn orders(&mut self, attributes: &[Value]) {
        let mut orders: Vec<String> = attributes.iter().filter_map(|a| a.get("order")).map(Value::to_string).collect();
        let all = orders.len();
        orders.sort();
        orders.dedup();
        self.holds(orders.len() == all, "no two attributes have the same order", || "two have".to_owned());
    }

    pub(super) async fn requests(&mut self, services: &Services) -> Result<(), GaveUp> {
        let mut found = Vec::new();
        for format in services.formats() {
            if let Some(list) = self.get("requests", *format, &[], Wanted::good(Kind::Requests)).await? {
                found = items(Some(&list)).to_vec();
                self.holds(found.len() <= 1_000, "at most 1,000 requests when nothing is said", || {
                    format!("{} were sent", found.len())
                });
            }
        }
        for status in ["open", "closed"] {
            let list = self.get("requests", Format::Xml, &[("status", status)], Wanted::good(Kind::Requests)).await?;
            // An answer that is none was noted as such, and shows nothing.
            let Some(list) = list else { continue };
            let other = items(Some(&list)).iter().find(|one| word(one, "status") != status);
            self.holds(other.is_none(), &format!("status={status} gives those only"), || {
                format!("{} is not", other.map_or("", |one| word(one, "service_request_id")))
            });
        }
        let empty = [("status", ""), ("service_code", ""), ("start_date", ""), ("end_date", ""), ("service_request_id", "")];
        self.get("requests", Format::Xml, &empty, Wanted::good(Kind::Requests)).await?;
        match found.first().cloned() {
            None => self.note(Verdict::Left, "there is no request to look at more closely".to_owned()),
            Some(first) => self.closely(&first, services).await?,
        }
        Ok(())
    }

    /// One request by its id, by its class, and by its date.
    async fn closely(&mut self, first: &Value, services: &Services) -> Result<(), GaveUp> {
        let (id, code) = (word(first, "service_request_id"), word(first, "service_code"));
        for format in services.formats() {
            let one = self.get(&format!("requests/{}", in_path(id)), *format, &[], Wanted::good(Kind::Requests)).await?;
            self.only(id, one.as_ref(), &format!("requests/{id}.{} gives that request alone", format.ending()));
        }
        // Each of the others alone would leave it out.
        let other = if word(first, "status") == "open" { "closed" } else { "open" };
        let days = [("start_date", "1990-01-01T00:00:00Z"), ("end_date", "1990-01-02T00:00:00Z")];
        let overridden = [&[("status", other), ("service_request_id", id)][..], &days].concat();
        let one = self.get("requests", Format::Xml, &overridden, Wanted::good(Kind::Requests)).await?;
        self.only(id, one.as_ref(), "service_request_id overrides all other arguments");
        let list = self.get("requests", Format::Xml, &[("service_code", code)], Wanted::good(Kind::Requests)).await?;
        if let Some(list) = list {
            let other = items(Some(&list)).iter().find(|one| word(one, "service_code") != code);
            self.holds(other.is_none(), "service_code gives that class only", || {
                format!("there is a {}", other.map_or("", |one| word(one, "service_code")))
            });
        }
        let at = word(first, "requested_datetime");
        if is_instant(at) {
            let span = [("start_date", at), ("end_date", at)];
            let list = self.get("requests", Format::Xml, &span, Wanted::good(Kind::Requests)).await?;
            let there = items(list.as_ref()).iter().any(|one| word(one, "service_request_id") == id);
            self.holds(there, "a span of dates holds its ends", || format!("{id} of {at} is not in it"));
        }
        Ok(())
    }

    fn only(&mut self, id: &str, list: Option<&Value>, rule: &str) {
        let ids: Vec<&str> = items(list).iter().map(|one| word(one, "service_request_id")).collect();
        self.holds(ids == [id], rule, || format!("it gives {} requests: {}", ids.len(), ids.first().unwrap_or(&"none")));
    }

    /// 404 for what is not there, 400 for what cannot be done.
    pub(super) async fn refusals(&mut self) -> Result<(), GaveUp> {
        for method in ["services", "requests", "tokens"] {
            self.get(&format!("{method}/{NOBODY}"), Format::Xml, &[], Wanted::refused(404)).await?;
        }
        self.get("services", Format::Xml, &[("jurisdiction_id", NOBODY)], Wanted::refused(404)).await?;
        let long = [("start_date", "2010-01-01T00:00:00Z"), ("end_date", "2010-06-01T00:00:00Z")];
        self.get("requests", Format::Xml, &long, Wanted::refused(400)).await?;
        self.get("requests", Format::Xml, &[("start_date", "yesterday")], Wanted::refused(400)).await?;
        Ok(())
    }
}

/// A name as it stands in an address.
pub(super) fn in_path(name: &str) -> String {
    form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>().replace('+', "%20")
}
