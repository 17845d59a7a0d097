//! Which calendar and which class is whose.

use std::collections::BTreeMap;
use std::sync::Arc;

use tidewatch_schemas::TenantId;

use super::Calendar;

/// What is known of a tenant before its first observation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Member {
    /// Its calendar.
    pub calendar: Arc<Calendar>,
    /// The class of tenants that it resembles; empty where nobody said.
    pub class: Arc<str>,
}

/// The calendars of all tenants: those of some by name, and one for all others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calendars {
    default: Member,
    named: BTreeMap<TenantId, Member>,
}

impl Calendars {
    /// `named` holds the tenants that differ from `default`.
    #[must_use]
    pub fn new(default: Member, named: BTreeMap<TenantId, Member>) -> Self {
        Self { default, named }
    }

    /// The calendar of `tenant`.
    #[must_use]
    pub fn of(&self, tenant: &TenantId) -> Arc<Calendar> {
        Arc::clone(&self.member(tenant).calendar)
    }

    /// The class of `tenant`; may be empty.
    #[must_use]
    pub fn class(&self, tenant: &TenantId) -> Arc<str> {
        Arc::clone(&self.member(tenant).class)
    }

    fn member(&self, tenant: &TenantId) -> &Member {
        self.named.get(tenant).unwrap_or(&self.default)
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn a_tenant_without_a_calendar_of_its_own_has_the_default() {
        let tokyo = Calendar { zone: TimeZone::fixed(jiff::tz::offset(9)), ..Calendar::default() };
        let acme = Member { calendar: Arc::new(tokyo.clone()), class: "retail".into() };
        let calendars = Calendars::new(Member::default(), BTreeMap::from([("acme".into(), acme)]));
        assert_eq!(*calendars.of(&"acme".into()), tokyo);
        assert_eq!(&*calendars.class(&"acme".into()), "retail");
        assert_eq!(*calendars.of(&"other".into()), Calendar::default());
        assert_eq!(&*calendars.class(&"other".into()), "");
    }
}
