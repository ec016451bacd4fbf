import java.util.Base64;

/** What a job of a user would do; for each key a line that a test reads. */
public class ReadSecrets {
  public static void main(String[] keys) {
    for (String key : keys) {
      try {
        System.out.println("value " + Base64.getEncoder().encodeToString(SparkSecrets.getBytes(key)) + " " + isText(key));
      } catch (IllegalStateException error) {
        System.out.println("error " + error.getMessage().replace('\n', ' '));
      }
    }
  }

  private static boolean isText(String key) {
    try {
      return Base64.getEncoder().encodeToString(SparkSecrets.get(key).getBytes("UTF-8")) != null;
    } catch (Exception error) {
      return false;
    }
  }
}
