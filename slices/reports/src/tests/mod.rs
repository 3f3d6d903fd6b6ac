//! Behaviour through the public door: a laboratory, a merchant's lot, and whoever holds up a credential.

mod http;
mod issuing;
mod laboratories;
mod receiving;

use crate::laboratory::{self, Profile};
use crate::model::{Laboratory, LaboratoryState, Report, TestItem, Verdict};
use crate::{Home, NewReport, draft, sign};
use kernel::testing::{Bench, person, staff};
use kernel::{Actor, Kernel, Role};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Alias, Query};
use std::net::IpAddr;
use std::sync::Arc;

pub(super) const GTIN: &str = "06901234567892";
pub(super) const BASE: &str = "https://shop.example";

pub(super) fn migrations() -> db::Migrations {
    let mut all = kernel::migrations();
    all.extend(web::migrations());
    all.extend(trace::migrations());
    all.extend(crate::migrations());
    all
}

/// Names lead to a private address: whoever is called is refused.
struct Inside;

#[async_trait::async_trait]
impl web::outbound::Resolver for Inside {
    async fn resolve(&self, _host: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(vec![IpAddr::from([10, 0, 0, 1])])
    }
}

pub(super) fn home_allowing(allow: &[String]) -> Home {
    Home::new(BASE, web::outbound::Client::with_resolver(allow, Arc::new(Inside)))
}

pub(super) fn home() -> Home {
    home_allowing(&[])
}

pub(super) fn tester(laboratory: &str) -> Actor {
    person(&format!("tester-of-{laboratory}"), Role::Laboratory, Some(laboratory))
}

pub(super) fn manager() -> Actor {
    staff(Role::Manager)
}

/// A lot of a merchant, as `trace` keeps it.
pub(super) async fn lot(kernel: &Kernel, id: &str, merchant: &str, number: &str) {
    let columns = [
        "id",
        "merchant_id",
        "market",
        "gtin",
        "number",
        "product",
        "origin",
        "plant",
        "state",
        "units",
        "version",
        "created_at",
        "updated_at",
        "act_id",
    ];
    let now = kernel.now().micros();
    let insert = Query::insert()
        .into_table(Alias::new("trace_lots"))
        .columns(columns.map(Alias::new))
        .values_panic([
            id.into(),
            merchant.into(),
            "cn".into(),
            GTIN.into(),
            number.into(),
            "儿童雨衣".into(),
            "".into(),
            "".into(),
            "open".into(),
            0i64.into(),
            1i64.into(),
            now.into(),
            now.into(),
            "".into(),
        ])
        .to_owned();
    let tx = kernel.db().write_tx().await.unwrap();
    tx.execute(&insert).await.unwrap();
    tx.commit().await.unwrap();
}

pub(super) fn profile() -> Profile {
    Profile {
        name: "华东检测中心".into(),
        name_en: "East China Testing".into(),
        cma_number: "230012340001".into(),
        cma_until: "2029-01-01".into(),
        ..Profile::default()
    }
}

/// A laboratory that may sign: profile, confirmation, key.
pub(super) async fn confirmed(kernel: &Kernel, id: &str) -> Laboratory {
    let entered = laboratory::keep_profile(kernel, &tester(id), profile()).await.unwrap();
    laboratory::rotate_key(kernel, &home(), &tester(id)).await.unwrap();
    let entered = laboratory::get(kernel, &tester(id), &entered.id).await.unwrap();
    confirm(kernel, &entered).await
}

pub(super) async fn confirm(kernel: &Kernel, laboratory: &Laboratory) -> Laboratory {
    let (id, version) = (laboratory.id.as_str(), laboratory.version);
    laboratory::decide(kernel, &manager(), id, version, LaboratoryState::Confirmed, "证书已核对").await.unwrap()
}

pub(super) fn item(name: &str, value: &str, verdict: Verdict) -> TestItem {
    TestItem {
        name: name.into(),
        limit: "≤0.1".into(),
        value: value.into(),
        unit: "mg/kg".into(),
        method: "GB 5009.12".into(),
        verdict: Some(verdict),
    }
}

pub(super) fn new_report(number: &str) -> NewReport {
    NewReport {
        gtin: "6901234567892".into(),
        lot_number: "L1".into(),
        number: number.into(),
        title: "儿童雨衣安全检测".into(),
        standard: "GB 31701-2015".into(),
        tested_on: "2026-02-20".into(),
        valid_until: "2026-12-31".into(),
        result: "pass".into(),
        items: vec![item("铅(以Pb计)", "0.02", Verdict::Pass), item("镉", "<0.01", Verdict::Pass)],
        document: None,
    }
}

pub(super) async fn issued(kernel: &Kernel, laboratory: &str, number: &str) -> Report {
    let drafted = draft(kernel, &tester(laboratory), new_report(number)).await.unwrap();
    sign(kernel, &home(), &tester(laboratory), &drafted.id, drafted.version).await.unwrap()
}

/// A bench with the lot L1 of merchant m1 and the laboratory a1, which may sign.
pub(super) async fn ready(bench: &Bench) {
    lot(&bench.kernel, "lot-1", "m1", "L1").await;
    confirmed(&bench.kernel, "a1").await;
}
