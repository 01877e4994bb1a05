//! The policy that the tests of logs compile. Its instances are called like parts of each other.

/// The policy of a stack of that name, under an operator, in a mode and in a format of the logs.
pub(crate) fn policy(name: &str, operator: &str, mode: &str, format: &str) -> String {
    let (operator, account, image) = match operator {
        "opstree" => (
            "{kind: opstree, version: \"0.26\", namespace: ot-operators}",
            "",
            "quay.io/opstree/redis:v7.4.11",
        ),
        _ => (
            "{kind: redis-operator, version: \"0.1\", namespace: redis-operator-system}",
            ", serviceAccount: prometheus-k8s",
            "redis:7.4.7",
        ),
    };
    include_str!("../logs/policy.yaml")
        .replace("NAME", name)
        .replace("OPERATOR", operator)
        .replace("ACCOUNT", account)
        .replace("IMAGE", image)
        .replace("MODE", mode)
        .replace("FORMAT", format)
}
