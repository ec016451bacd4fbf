"""Four ways in which Airflow starts the job of the quickstart, and each is given its secrets.

The job's file has to be at /opt/job where it runs: `application` and `pod` mount it, for the others it is in the image.
"""

from airflow import DAG
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.cncf.kubernetes.operators.spark_kubernetes import SparkKubernetesOperator
from kubernetes.client import models as k8s

REPORT = ["--env", "LICENSE_KEY", "ORDERS_DB_PASSWORD", "--conf", "spark.orders.jdbc.url"]
OPT_IN = {"secrets.iomete.com/inject": "true", "app.kubernetes.io/name": "orders-report"}

with DAG("orders_report", schedule=None) as dag:
    # spark-submit by the worker, in cluster mode (the connection says so): Spark makes the driver's pod, and the worker
    # needs nothing. The binding goes by the name.
    submit = SparkSubmitOperator(
        task_id="submit",
        conn_id="spark_kubernetes",  # k8s://https://kubernetes.default.svc, deploy mode cluster
        name="orders-report",
        application="local:///opt/job/orders_report.py",
        application_args=REPORT,
        conf={
            "spark.kubernetes.namespace": "analytics",
            "spark.kubernetes.container.image": "apache/spark:4.0.1",
            "spark.kubernetes.authenticate.driver.serviceAccountName": "spark",
        },
    )

    # A SparkApplication of Kubeflow's operator. With its random suffix the name would be orders-report-x7k2…: then the
    # binding has to say "orders-report-*".
    application = SparkKubernetesOperator(
        task_id="application",
        namespace="analytics",
        application_file="kubeflow.yaml",
        random_name_suffix=False,
    )

    # A pod of its own that is the driver: it opts in by its labels.
    pod = KubernetesPodOperator(
        task_id="pod",
        namespace="analytics",
        service_account_name="spark",
        image="apache/spark:4.0.1",
        labels=OPT_IN,
        cmds=["/opt/spark/bin/spark-submit"],
        arguments=["--master=local[2]", "--name=orders-report", "/opt/job/orders_report.py", *REPORT],
        volumes=[k8s.V1Volume(name="job", config_map=k8s.V1ConfigMapVolumeSource(name="orders-report"))],
        volume_mounts=[k8s.V1VolumeMount(name="job", mount_path="/opt/job")],
    )

    # spark-submit in client mode: the driver runs in the worker, whose pod has to opt in. That takes the KubernetesExecutor,
    # and workers in a namespace with the binding.
    worker = SparkSubmitOperator(
        task_id="worker",
        conn_id="spark_local",  # local[2], deploy mode client
        name="orders-report",
        application="/opt/job/orders_report.py",
        application_args=REPORT,
        executor_config={"pod_override": k8s.V1Pod(metadata=k8s.V1ObjectMeta(labels=OPT_IN))},
    )

    submit >> application >> pod >> worker
