import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Prints what driver and executors were given, in the form of orders_report.py: arguments are names, with commas; those of
 * variables with a slash are keys, which SparkSecrets reads. Then it lets the sidecars go.
 */
public final class JavaReport {
  public static void main(String[] args) throws IOException {
    List<String> env = List.of(args[0].split(","));
    List<String> conf = List.of(args[1].split(","));
    try (JavaSparkContext context = new JavaSparkContext(new SparkConf())) {
      System.out.println("REPORT " + report("driver", env, conf));
      List<Integer> numbers = new ArrayList<>();
      for (int number = 0; number < 8; number++) numbers.add(number);
      List<String> reports =
          context
              .parallelize(numbers, 8)
              .map(number -> report("executor " + SparkEnv.get().executorId(), env, conf))
              .collect();
      for (String report : new TreeSet<>(reports)) System.out.println("REPORT " + report);
    } finally {
      Files.createFile(Path.of("/done/now"));
    }
  }

  private static String report(String pod, List<String> env, List<String> conf) {
    SparkConf present = SparkEnv.get().conf();
    List<String> variables = new ArrayList<>();
    for (String name : env) variables.add(entry(name, name.contains("/") ? SparkSecrets.get(name) : System.getenv(name)));
    List<String> properties = new ArrayList<>();
    for (String name : conf) properties.add(entry(name, present.get(name, null)));
    return String.format(
        "{\"pod\":\"%s\",\"env\":{%s},\"conf\":{%s}}",
        pod, String.join(",", variables), String.join(",", properties));
  }

  private static String entry(String name, String value) {
    return "\"" + name + "\":" + (value == null ? "null" : "\"" + hash(value) + "\"");
  }

  private static String hash(String value) {
    try {
      byte[] sum = MessageDigest.getInstance("SHA-256").digest(value.getBytes("UTF-8"));
      return String.format("%02x%02x%02x%02x", sum[0], sum[1], sum[2], sum[3]);
    } catch (Exception error) {
      throw new IllegalStateException(error);
    }
  }
}
